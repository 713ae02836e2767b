import type Stripe from "stripe";
import * as z from "zod";
import { differingMetadata, isOwnedBy, toMetadata } from "../../stripe/brand.ts";
import { idempotencyKey, stripeCall, stripeFind } from "../../stripe/client.ts";
import { findPortal } from "../../stripe/portal.ts";
import type { Context } from "../context.ts";
import { createOnce } from "../create-once.ts";
import { brand, defineResource } from "../schema.ts";

const portalInputs = z.strictObject({
  headline: z.string().min(1).max(60).describe("Shown at its top."),
  brand: brand.describe("Whose it is; one that carries another brand, or none, is never changed."),
});

const portalOutputs = z.strictObject({
  loginUrl: z
    .string()
    .describe("Where any customer of the platform logs in, by a code sent to their address."),
});

type Inputs = z.infer<typeof portalInputs>;
type Configuration = Stripe.BillingPortal.Configuration;

/** Cards and invoices are the customer's; the plan is declared, and changes where it is declared. */
const FEATURES: Stripe.BillingPortal.ConfigurationCreateParams.Features = {
  customer_update: { enabled: true, allowed_updates: ["address", "tax_id"] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: { enabled: false },
};

/** @see https://docs.stripe.com/customer-management/activate-no-code-customer-portal */
export const portal = defineResource({
  type: "stripe:Portal",
  description:
    "Stripe's billing portal as a platform's customers see it: they change their cards and read their invoices, and no plan. A session of it lasts minutes, so what is given out is its login page. Deactivated when it is removed, since it can't be deleted.",
  inputs: portalInputs,
  outputs: portalOutputs,
  replaceOn: [],
  stable: ["loginUrl"],

  async observe({ stripe }, { id, inputs }) {
    const found = await stripeFind(
      "billingPortal.configurations.retrieve",
      stripe.billingPortal.configurations.retrieve(id),
    );
    if (!found?.active || !found.login_page.enabled || !isOwnedBy(inputs.brand, found.metadata ?? {}))
      return undefined;
    return {
      inputs: { ...inputs, headline: found.business_profile.headline ?? "" },
      outputs: outputsOf(found),
    };
  },

  async ensure(context, inputs) {
    const found = await createOnce({
      look: () => findPortal(context.stripe, inputs.brand),
      create: (attempt) => create(context, inputs, attempt),
      signal: context.signal,
    });
    const synced = await sync(context.stripe, inputs, found);
    return { id: synced.id, outputs: outputsOf(synced) };
  },

  async remove({ stripe }, { id, inputs }) {
    const found = await findPortal(stripe, inputs.brand);
    if (found === undefined || found.id !== id) return;
    // The first one of an account is its default, which Stripe keeps: without its login page nobody finds it.
    const change = { login_page: { enabled: false }, ...(found.is_default ? {} : { active: false }) };
    await stripeCall(
      "billingPortal.configurations.update",
      stripe.billingPortal.configurations.update(id, change),
    );
  },
});

function outputsOf(found: Configuration): { loginUrl: string } {
  return { loginUrl: found.login_page.url ?? "" };
}

function create({ stripe }: Context, inputs: Inputs, attempt: number): Promise<Configuration> {
  const params: Stripe.BillingPortal.ConfigurationCreateParams = {
    business_profile: { headline: inputs.headline },
    features: FEATURES,
    login_page: { enabled: true },
    metadata: toMetadata(inputs.brand),
  };
  const options = { idempotencyKey: idempotencyKey(["portal", params, attempt]) };
  return stripeCall(
    "billingPortal.configurations.create",
    stripe.billingPortal.configurations.create(params, options),
  );
}

async function sync(stripe: Stripe, inputs: Inputs, found: Configuration): Promise<Configuration> {
  const metadata = differingMetadata(toMetadata(inputs.brand), found.metadata ?? {});
  const changes: Stripe.BillingPortal.ConfigurationUpdateParams = {
    ...(found.business_profile.headline === inputs.headline
      ? {}
      : { business_profile: { headline: inputs.headline } }),
    ...(found.login_page.enabled ? {} : { login_page: { enabled: true } }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length === 0) return found;
  return stripeCall(
    "billingPortal.configurations.update",
    stripe.billingPortal.configurations.update(found.id, changes),
  );
}
