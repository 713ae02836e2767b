import type Stripe from "stripe";
import * as z from "zod";
import type { Context } from "../../../vendors/connections.ts";
import {
  assertOwned,
  brand,
  differingMetadata,
  isOwnedBy,
  toMetadata,
} from "../../../vendors/stripe/brand.ts";
import {
  idempotencyKey,
  readBackIfReplayed,
  stripeCall,
  stripeFind,
} from "../../../vendors/stripe/client.ts";
import { createOnce } from "../../create-once.ts";
import { defineResource } from "../../runtime/schema.ts";

const productInputs = z.strictObject({
  productId: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,100}$/, "expected letters, digits, _ and -")
    .describe("The product's id, for example `agntdata_launch`. Can't be changed later."),
  name: z.string().min(1).describe("The name on invoices."),
  description: z.string().min(1).optional().describe("The description at checkout."),
  brand,
});

const productOutputs = z.strictObject({});

type Inputs = z.infer<typeof productInputs>;

/** @see https://docs.stripe.com/api/products */
export const product = defineResource({
  type: "stripe:Product",
  description:
    "A plan's product in Stripe. Removing the resource archives the product, since Stripe can't delete a product with prices. Declaring it again reactivates it.",
  inputs: productInputs,
  outputs: productOutputs,
  replaceOn: ["productId"],
  stable: [],

  async observe(context, prior) {
    const found = await find(context, prior.inputs.productId);
    if (found === undefined || !found.active || !isOwnedBy(prior.inputs.brand, found.metadata))
      return undefined;
    const { description, ...rest } = prior.inputs;
    return {
      inputs: { ...rest, name: found.name, ...(found.description ? { description: found.description } : {}) },
      outputs: {},
    };
  },

  async ensure(context, inputs) {
    const found = await createOnce({
      look: () => find(context, inputs.productId),
      create: (attempt) => create(context, inputs, attempt),
      isTaken: ({ code }) => code === "resource_already_exists",
      signal: context.signal,
    });
    assertOwned(`the product ${inputs.productId}`, inputs.brand, found.metadata);
    await sync(context, inputs, found);
    return { id: found.id, outputs: {} };
  },

  async remove(context, prior) {
    const found = await find(context, prior.id);
    if (found === undefined || !found.active || !isOwnedBy(prior.inputs.brand, found.metadata)) return;
    await stripeCall("products.update", context.stripe.products.update(found.id, { active: false }));
  },
});

function find(context: Context, id: string): Promise<Stripe.Product | undefined> {
  return stripeFind("products.retrieve", context.stripe.products.retrieve(id));
}

async function create(
  context: Context,
  inputs: Inputs,
  attempt: number,
): Promise<Stripe.Product | undefined> {
  const params = {
    id: inputs.productId,
    name: inputs.name,
    ...(inputs.description === undefined ? {} : { description: inputs.description }),
    metadata: toMetadata(inputs.brand),
  };
  const options = { idempotencyKey: idempotencyKey(["product", params, attempt]) };
  const made = await stripeCall("products.create", context.stripe.products.create(params, options));
  return readBackIfReplayed<Stripe.Product>(made, () => find(context, inputs.productId));
}

async function sync(context: Context, inputs: Inputs, found: Stripe.Product): Promise<void> {
  const metadata = differingMetadata(toMetadata(inputs.brand), found.metadata);
  const changes: Stripe.ProductUpdateParams = {
    ...(found.active ? {} : { active: true }),
    ...(found.name === inputs.name ? {} : { name: inputs.name }),
    ...((found.description ?? undefined) === inputs.description
      ? {}
      : { description: inputs.description ?? "" }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length > 0)
    await stripeCall("products.update", context.stripe.products.update(found.id, changes));
}
