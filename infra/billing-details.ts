import type { BillingModel } from "../src/model/billing.ts";

/** The part of `billing` that isn't about the subscription. The Stripe customer and the control plane both store it. */
type Details = Omit<BillingModel, "collection" | "resume">;

/** Inputs of a resource leave out what is null in the model. */
type Input<T> = null extends T ? Exclude<T, null> | undefined : T;

/** The details as inputs of the Stripe customer. */
export function customerDetails(billing: BillingModel): {
  readonly [Name in keyof Details]: Input<Details[Name]>;
} {
  const { collection: _collection, resume: _resume, ...details } = billing;
  const given = Object.entries(details).filter(([, value]) => value !== null);
  return Object.fromEntries(given) as unknown as { readonly [Name in keyof Details]: Input<Details[Name]> };
}

/** The same as inputs of the control plane, where `email` is `billingEmail`. */
export function billingDetails(billing: BillingModel): {
  readonly [Name in keyof Details as `billing${Capitalize<Name>}`]: Input<Details[Name]>;
} {
  const named = Object.entries(customerDetails(billing)).map(
    ([name, value]) => [`billing${name.charAt(0).toUpperCase()}${name.slice(1)}`, value] as const,
  );
  return Object.fromEntries(named) as unknown as ReturnType<typeof billingDetails>;
}
