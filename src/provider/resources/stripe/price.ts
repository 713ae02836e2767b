import { UserError, VendorError } from "@tenantry/core/errors";
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
import { listAll } from "../../../vendors/stripe/lists.ts";
import { findPrice } from "../../../vendors/stripe/prices.ts";
import { createOnce } from "../../create-once.ts";
import { defineResource } from "../../runtime/schema.ts";

const priceInputs = z.strictObject({
  lookupKey: z
    .string()
    .min(1)
    .max(200)
    .describe(
      "Contains the terms, as in `agntdata--launch--monthly--usd-4900`. Never moves to another price.",
    ),
  product: z.string().describe("The id of the product."),
  amount: z.int().min(0).describe("The amount per interval, in the currency's smallest unit."),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/, "expected three lower-case letters")
    .describe("The currency, by its ISO 4217 code."),
  interval: z
    .enum(["day", "week", "month", "year"])
    .default("month")
    .describe("The billing interval. Default `month`."),
  nickname: z.string().min(1).optional().describe("A name that customers don't see."),
  brand,
});

const priceOutputs = z.strictObject({
  priceId: z.string().describe("The price's id in Stripe."),
});

type Inputs = z.infer<typeof priceInputs>;

/** @see https://docs.stripe.com/api/prices */
export const price = defineResource({
  type: "stripe:Price",
  description:
    "A recurring price of a product, found by its lookup key. Removing the resource archives the price, since Stripe can't delete prices. Declaring it again reactivates it.",
  inputs: priceInputs,
  outputs: priceOutputs,
  replaceOn: ["lookupKey", "product", "amount", "currency", "interval"],
  stable: ["priceId"],

  async observe(context, prior) {
    const found = await stripeFind("prices.retrieve", context.stripe.prices.retrieve(prior.id));
    if (found === undefined || !found.active || !isOwnedBy(prior.inputs.brand, found.metadata))
      return undefined;
    const { nickname, ...rest } = prior.inputs;
    const inputs = {
      ...rest,
      lookupKey: found.lookup_key ?? "",
      ...(found.nickname ? { nickname: found.nickname } : {}),
    };
    return { inputs, outputs: { priceId: found.id } };
  },

  async ensure(context, inputs) {
    const found = await createOnce({
      look: () => findPrice(context.stripe, inputs.lookupKey),
      create: (attempt) => create(context, inputs, attempt),
      isTaken: ({ message }) => message.includes("already uses that lookup key"),
      signal: context.signal,
    });
    assertOwned(`a price with the lookup key ${inputs.lookupKey}`, inputs.brand, found.metadata);
    assertSame(inputs, found);
    await sync(context, inputs, found);
    return { id: found.id, outputs: { priceId: found.id } };
  },

  async remove(context, prior) {
    const found = await stripeFind("prices.retrieve", context.stripe.prices.retrieve(prior.id));
    if (found === undefined || !found.active || !isOwnedBy(prior.inputs.brand, found.metadata)) return;
    // The lookup key was changed back since the refresh, so this price is its own replacement.
    if (found.lookup_key !== prior.inputs.lookupKey) return;
    await archive(context, found);
  },
});

async function create(
  { stripe }: Context,
  inputs: Inputs,
  attempt: number,
): Promise<Stripe.Price | undefined> {
  const params: Stripe.PriceCreateParams = {
    lookup_key: inputs.lookupKey,
    product: inputs.product,
    unit_amount: inputs.amount,
    currency: inputs.currency,
    recurring: { interval: inputs.interval },
    ...(inputs.nickname === undefined ? {} : { nickname: inputs.nickname }),
    metadata: toMetadata(inputs.brand),
  };
  // The key covers the product's prices. Otherwise, if another program moved the lookup key today, Stripe would return the old price.
  const siblings = await listAll("prices.list", stripe.prices.list({ product: inputs.product, limit: 100 }));
  const replaced = siblings.map(({ id }) => id).sort();
  const options = { idempotencyKey: idempotencyKey(["price", params, replaced, attempt]) };
  const made = await stripeCall("prices.create", stripe.prices.create(params, options));
  return readBackIfReplayed<Stripe.Price>(made, () => findPrice(stripe, inputs.lookupKey));
}

/** A price's terms can't change, so a lookup key of a price with other terms is never taken over. */
function assertSame(inputs: Inputs, found: Stripe.Price): void {
  const terms = [found.product, found.unit_amount, found.currency, found.recurring?.interval];
  const wanted = [inputs.product, inputs.amount, inputs.currency, inputs.interval];
  if (terms.every((term, index) => term === wanted[index])) return;
  throw new UserError(
    `The lookup key ${inputs.lookupKey} belongs to another price (${found.id}): expected ${wanted.join(" ")}, found ${terms.join(" ")}.`,
    { remedy: "Give the new price a different lookup key. Lookup keys never move between prices." },
  );
}

async function sync(context: Context, inputs: Inputs, found: Stripe.Price): Promise<void> {
  const metadata = differingMetadata(toMetadata(inputs.brand), found.metadata);
  const changes: Stripe.PriceUpdateParams = {
    ...(found.active ? {} : { active: true }),
    ...((found.nickname ?? undefined) === inputs.nickname ? {} : { nickname: inputs.nickname ?? "" }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length > 0)
    await stripeCall("prices.update", context.stripe.prices.update(found.id, changes));
}

/** Stripe refuses to archive a product's default price, so the default is removed first. */
async function archive(context: Context, found: Stripe.Price): Promise<void> {
  const update = () => stripeCall("prices.update", context.stripe.prices.update(found.id, { active: false }));
  try {
    await update();
  } catch (error) {
    if (!(error instanceof VendorError) || !error.message.includes("default price")) throw error;
    const product = typeof found.product === "string" ? found.product : found.product.id;
    await stripeCall("products.update", context.stripe.products.update(product, { default_price: "" }));
    await update();
  }
}
