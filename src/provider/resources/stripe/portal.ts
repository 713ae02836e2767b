import type Stripe from "stripe";
import * as z from "zod";
import type { Context } from "../../../vendors/connections.ts";
import { brand, differingMetadata, isOwnedBy, toMetadata } from "../../../vendors/stripe/brand.ts";
import {
  idempotencyKey,
  readBackIfReplayed,
  stripeCall,
  stripeFind,
} from "../../../vendors/stripe/client.ts";
import { findPortal } from "../../../vendors/stripe/portal.ts";
import { createOnce } from "../../create-once.ts";
import { defineResource } from "../../runtime/schema.ts";

const portalInputs = z.strictObject({
  headline: z.string().min(1).max(60).describe("The headline at the top of the portal."),
  brand,
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: the portal's features that were changed. The next update restores them.",
    ),
});

const portalOutputs = z.strictObject({
  loginUrl: z
    .string()
    .describe("The login page for all customers of the platform. It sends them a code by e-mail."),
});

type Inputs = z.infer<typeof portalInputs>;
type Configuration = Stripe.BillingPortal.Configuration;

/** Customers manage their cards and invoices. The plan changes only in the manifest. */
const FEATURES = {
  customer_update: { enabled: true, allowed_updates: ["address", "tax_id"] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: { enabled: false },
  subscription_update: { enabled: false },
} satisfies Stripe.BillingPortal.ConfigurationCreateParams.Features;

/** @see https://docs.stripe.com/customer-management/activate-no-code-customer-portal */
export const portal = defineResource({
  type: "stripe:Portal",
  description:
    "A platform's configuration of Stripe's billing portal. Customers change their cards and read their invoices there, but can't change or cancel their plan. The output is the permanent login page, since a portal session lasts only minutes. Removing the resource deactivates the configuration, since Stripe can't delete one.",
  inputs: portalInputs,
  outputs: portalOutputs,
  replaceOn: [],
  stable: ["loginUrl"],

  validate: ({ drift }) =>
    drift === undefined ? [] : [{ property: "drift", reason: "is set by a refresh and can't be declared" }],

  async observe({ stripe }, { id, inputs }) {
    const found = await stripeFind(
      "billingPortal.configurations.retrieve",
      stripe.billingPortal.configurations.retrieve(id),
    );
    if (!found?.active || !found.login_page.enabled || !isOwnedBy(inputs.brand, found.metadata ?? {}))
      return undefined;
    const drift = driftOf(found);
    return {
      inputs: {
        brand: inputs.brand,
        headline: found.business_profile.headline ?? "",
        ...(Object.keys(drift).length === 0 ? {} : { drift }),
      },
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
    if (found === undefined || found.id !== id || !found.login_page.enabled) return;
    // An account's first configuration is its default, which can't be deactivated. Disabling its login page closes it.
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

/** The features that differ from the declared ones, with their current settings. A feature that Stripe added must be disabled. */
function driftOf({ features }: Configuration): Record<string, string> {
  const known: Readonly<Record<string, Feature>> = FEATURES;
  const drifted = Object.entries(features).filter(([name, found]) => !isAsMade(known[name], found));
  return Object.fromEntries(drifted.map(([name, found]) => [name, told(found)]));
}

interface Feature {
  readonly enabled: boolean;
  readonly allowed_updates?: readonly string[];
}

function isAsMade(made: Feature = { enabled: false }, found: Feature): boolean {
  if (made.enabled !== found.enabled) return false;
  return !made.enabled || made.allowed_updates === undefined || listOf(made) === listOf(found);
}

function told(found: Feature): string {
  if (!found.enabled) return "disabled";
  return found.allowed_updates === undefined ? "enabled" : `enabled: ${listOf(found)}`;
}

function listOf({ allowed_updates = [] }: Feature): string {
  return [...allowed_updates].sort().join(", ");
}

async function create(
  { stripe }: Context,
  inputs: Inputs,
  attempt: number,
): Promise<Configuration | undefined> {
  const params: Stripe.BillingPortal.ConfigurationCreateParams = {
    business_profile: { headline: inputs.headline },
    features: FEATURES,
    login_page: { enabled: true },
    metadata: toMetadata(inputs.brand),
  };
  const options = { idempotencyKey: idempotencyKey(["portal", params, attempt]) };
  const made = await stripeCall(
    "billingPortal.configurations.create",
    stripe.billingPortal.configurations.create(params, options),
  );
  return readBackIfReplayed<Configuration>(made, () => findPortal(stripe, inputs.brand));
}

async function sync(stripe: Stripe, inputs: Inputs, found: Configuration): Promise<Configuration> {
  const metadata = differingMetadata(toMetadata(inputs.brand), found.metadata ?? {});
  const drift = driftOf(found);
  const features = Object.fromEntries(Object.entries(FEATURES).filter(([name]) => name in drift));
  const changes: Stripe.BillingPortal.ConfigurationUpdateParams = {
    ...(found.business_profile.headline === inputs.headline
      ? {}
      : { business_profile: { headline: inputs.headline } }),
    ...(Object.keys(features).length === 0 ? {} : { features }),
    ...(found.login_page.enabled ? {} : { login_page: { enabled: true } }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length === 0) return found;
  return stripeCall(
    "billingPortal.configurations.update",
    stripe.billingPortal.configurations.update(found.id, changes),
  );
}
