import { UserError } from "@tenantry/core/errors";
import type Stripe from "stripe";
import * as z from "zod";
import type { Context } from "../../../vendors/connections.ts";
import {
  ARCHIVED_KEY,
  assertOwned,
  brand,
  differingMetadata,
  isOwnedBy,
  metadataDrift,
  toMetadata,
} from "../../../vendors/stripe/brand.ts";
import { idempotencyKey, readBackIfReplayed, stripeCall } from "../../../vendors/stripe/client.ts";
import {
  earlierCustomers,
  findCustomer,
  forgetCustomers,
  hadTrial,
  rememberCustomer,
  retrieveCustomer,
  TRIAL_KEY,
} from "../../../vendors/stripe/customers.ts";
import { findPortal, portalUrl } from "../../../vendors/stripe/portal.ts";
import { createOnce } from "../../create-once.ts";
import { defineResource } from "../../runtime/schema.ts";

const customerInputs = z.strictObject({
  name: z.string().min(1).optional().describe("The name on invoices."),
  email: z.string().min(1).describe("The e-mail address that invoices are sent to."),
  brand: brand
    .required({ organization: true, id: true, generation: true })
    .describe("The object's owner. An object with a different owner, or none, is never changed."),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: the changed metadata entries whose keys start with `tenantry_`. The next update restores them, unless they name another owner.",
    ),
});

const customerOutputs = z.strictObject({
  customerId: z.string().describe("The customer's id in Stripe."),
  portalUrl: z
    .string()
    .optional()
    .describe("The billing portal, for cards and invoices. Absent if the platform has no portal."),
});

type Inputs = z.infer<typeof customerInputs>;

/** @see https://docs.stripe.com/api/customers */
export const customer = defineResource({
  type: "stripe:Customer",
  description:
    "An organization's customer in Stripe, found by the organization's id in its metadata. Removing the resource marks the customer as archived. It is never deleted, because that would cancel its subscriptions and lose the record of its trial.",
  inputs: customerInputs,
  outputs: customerOutputs,
  replaceOn: [],
  stable: ["customerId"],

  validate: ({ drift }) =>
    drift === undefined ? [] : [{ property: "drift", reason: "is set by a refresh and can't be declared" }],

  async observe(context, prior) {
    const found = await retrieveCustomer(context.stripe, prior.id);
    if (found === undefined) return undefined;
    const drift = metadataDrift(prior.inputs.brand, found.metadata, [TRIAL_KEY]);
    const inputs = {
      email: found.email ?? "",
      brand: prior.inputs.brand,
      ...(found.name ? { name: found.name } : {}),
      ...(Object.keys(drift).length === 0 ? {} : { drift }),
    };
    return { inputs, outputs: await outputsOf(context.stripe, prior.inputs.brand, found) };
  },

  async ensure(context, inputs, prior) {
    const found =
      prior === undefined ? await adoptOrCreate(context, inputs) : await recorded(context, prior.id);
    assertOwned(`the customer ${found.id}`, inputs.brand, found.metadata);
    await sync(context, inputs, found);
    const outputs = await outputsOf(context.stripe, inputs.brand, { ...found, email: inputs.email });
    return { id: found.id, outputs };
  },

  async remove(context, prior) {
    const found = await retrieveCustomer(context.stripe, prior.id);
    if (found === undefined || !isOwnedBy(prior.inputs.brand, found.metadata)) return;
    if (found.metadata[ARCHIVED_KEY] !== undefined) return;
    const metadata = { [ARCHIVED_KEY]: "true" };
    await stripeCall("customers.update", context.stripe.customers.update(found.id, { metadata }));
  },
});

async function recorded(context: Context, id: string): Promise<Stripe.Customer> {
  const found = await retrieveCustomer(context.stripe, id);
  if (found !== undefined) return found;
  throw new UserError(
    `The Stripe customer ${id} was deleted outside tenantry, which ended its subscriptions.`,
    {
      remedy: "Refresh the stack (pulumi refresh), then run again to create a new one.",
    },
  );
}

async function outputsOf(stripe: Stripe, brand: Inputs["brand"], { id, email }: Stripe.Customer) {
  const url = portalUrl(await findPortal(stripe, brand), email ?? "");
  return { customerId: id, ...(url === undefined ? {} : { portalUrl: url }) };
}

function adoptOrCreate(context: Context, inputs: Inputs): Promise<Stripe.Customer> {
  return createOnce({
    look: () => findCustomer(context.stripe, inputs.brand, inputs.email),
    create: (attempt) => create(context, inputs, attempt),
    signal: context.signal,
  });
}

async function create(
  context: Context,
  inputs: Inputs,
  attempt: number,
): Promise<Stripe.Customer | undefined> {
  const { stripe } = context;
  const params: Stripe.CustomerCreateParams = {
    email: inputs.email,
    ...(inputs.name === undefined ? {} : { name: inputs.name }),
    metadata: { ...toMetadata(inputs.brand), ...(await trialStamp(context, inputs)) },
  };
  try {
    const options = { idempotencyKey: idempotencyKey(["customer", params, attempt]) };
    const made = await stripeCall("customers.create", stripe.customers.create(params, options));
    const customer = await readBackIfReplayed<Stripe.Customer>(made, async () => {
      const found = await retrieveCustomer(stripe, made.id);
      return found !== undefined && isOwnedBy(inputs.brand, found.metadata) ? found : undefined;
    });
    if (customer !== undefined) await rememberCustomer(stripe, customer);
    return customer;
  } catch (error) {
    forgetCustomers(context.stripe);
    throw error;
  }
}

/** A later generation of an organization has no trial if an earlier generation had one. */
async function trialStamp(context: Context, inputs: Inputs): Promise<Record<string, string>> {
  for (const earlier of await earlierCustomers(context.stripe, inputs.brand))
    if (await hadTrial(context.stripe, earlier)) return { [TRIAL_KEY]: "used" };
  return {};
}

async function sync(context: Context, inputs: Inputs, found: Stripe.Customer): Promise<void> {
  const unknown = Object.keys(metadataDrift(inputs.brand, found.metadata, [TRIAL_KEY])).map((key) => [
    key,
    "",
  ]);
  const wanted = { ...Object.fromEntries(unknown), ...toMetadata(inputs.brand) };
  const metadata = differingMetadata(wanted, found.metadata);
  const changes: Stripe.CustomerUpdateParams = {
    ...(found.email === inputs.email ? {} : { email: inputs.email }),
    ...((found.name ?? undefined) === inputs.name ? {} : { name: inputs.name ?? "" }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length > 0)
    await stripeCall("customers.update", context.stripe.customers.update(found.id, changes));
}
