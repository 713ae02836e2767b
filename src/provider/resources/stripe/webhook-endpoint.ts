import { Secret } from "@tenantry/core/secret";
import type Stripe from "stripe";
import * as z from "zod";
import { EVENTS } from "../../../billing/webhook/event-target.ts";
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
import { createOnce } from "../../create-once.ts";
import { defineResource, secret } from "../../runtime/schema.ts";

const webhookEndpointInputs = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe("Where Stripe sends events: `https://…/stripe` of `tenantry webhook`."),
  events: z
    .array(z.string())
    .default([...EVENTS])
    .describe("The events that it is sent. Default: those that `tenantry webhook` applies."),
  version: z
    .int()
    .min(1)
    .default(1)
    .describe("Raised to get another secret: both endpoints send until the old one is deleted. Default 1."),
  brand: brand.describe("Whose it is; one that carries another brand, or none, is never changed."),
});

const webhookEndpointOutputs = z.strictObject({
  endpointId: z.string().describe("Stripe's id."),
  signingSecret: secret().describe("What Stripe signs events with; `tenantry webhook` wants it."),
});

type Inputs = z.infer<typeof webhookEndpointInputs>;

/** On an endpoint: which of those that a platform had. */
const VERSION_KEY = "tenantry_version";

/** @see https://docs.stripe.com/api/webhook_endpoints */
export const webhookEndpoint = defineResource({
  type: "stripe:WebhookEndpoint",
  description:
    "Where Stripe tells of payments. Stripe shows its signing secret once, in the answer that makes it: a run that was cut before it could record that answer gets it again within a day, and another endpoint after that.",
  inputs: webhookEndpointInputs,
  outputs: webhookEndpointOutputs,
  replaceOn: ["version"],
  stable: ["endpointId", "signingSecret"],

  async observe({ stripe }, { inputs, outputs }) {
    const found = await stripeFind(
      "webhookEndpoints.retrieve",
      stripe.webhookEndpoints.retrieve(outputs.endpointId),
    );
    if (found === undefined || !isOwnedBy(inputs.brand, found.metadata)) return undefined;
    const events = isListening(found, inputs) ? inputs.events : heardBy(found);
    return { inputs: { ...inputs, url: found.url, events }, outputs };
  },

  async ensure(context, inputs, prior) {
    const known =
      prior &&
      (await stripeFind(
        "webhookEndpoints.retrieve",
        context.stripe.webhookEndpoints.retrieve(prior.outputs.endpointId),
      ));
    if (prior !== undefined && known !== undefined) {
      assertOwned(`the webhook endpoint ${known.id}`, inputs.brand, known.metadata);
      await sync(context.stripe, inputs, known);
      return { id: prior.id, outputs: prior.outputs };
    }
    const made = await createOrRecover(context, inputs);
    await removeOthers(context.stripe, inputs, made.id);
    const { id, secret } = made;
    if (secret === undefined) throw new Error(`Stripe made the webhook endpoint ${id} without a secret`);
    // Not Stripe's id: an update may have to make another.
    return { id: idOf(inputs), outputs: { endpointId: id, signingSecret: new Secret(secret) } };
  },

  async remove({ stripe }, { outputs }) {
    await stripeFind("webhookEndpoints.del", stripe.webhookEndpoints.del(outputs.endpointId));
  },
});

function idOf({ brand, version }: Inputs): string {
  return `${brand.platform}/webhook/${version}`;
}

function metadataOf({ brand, version }: Inputs): Record<string, string> {
  return { ...toMetadata(brand), [VERSION_KEY]: String(version) };
}

/**
 * Stripe repeats its answer to a key for a day, the secret included, so an endpoint that an interrupted run made isn't lost.
 * An endpoint whose secret nobody knows is of no use: it is deleted before the next attempt.
 */
function createOrRecover({ stripe, signal }: Context, inputs: Inputs): Promise<Stripe.WebhookEndpoint> {
  const params: Stripe.WebhookEndpointCreateParams = {
    url: inputs.url,
    enabled_events: eventsOf(inputs),
    metadata: metadataOf(inputs),
  };
  let isFirst = true;
  return createOnce<Stripe.WebhookEndpoint>({
    async look() {
      if (!isFirst) await removeOthers(stripe, inputs, undefined);
      isFirst = false;
      return undefined;
    },
    async create(attempt) {
      const options = { idempotencyKey: idempotencyKey(["webhook_endpoint", params, attempt]) };
      const made = await stripeCall(
        "webhookEndpoints.create",
        stripe.webhookEndpoints.create(params, options),
      );
      return readBackIfReplayed<Stripe.WebhookEndpoint>(made, async () => {
        const found = await stripeFind(
          "webhookEndpoints.retrieve",
          stripe.webhookEndpoints.retrieve(made.id),
        );
        // The secret is in the first answer only.
        return found && { ...found, secret: made.secret };
      });
    },
    signal,
  });
}

/** Deletes the endpoints of this version whose secret nobody knows, which interrupted runs left behind. */
async function removeOthers(stripe: Stripe, inputs: Inputs, kept: string | undefined): Promise<void> {
  const all = await listAll("webhookEndpoints.list", stripe.webhookEndpoints.list({ limit: 100 }));
  const lost = all.filter(
    ({ id, metadata }) =>
      id !== kept && isOwnedBy(inputs.brand, metadata) && metadata[VERSION_KEY] === String(inputs.version),
  );
  for (const { id } of lost) await stripeFind("webhookEndpoints.del", stripe.webhookEndpoints.del(id));
}

async function sync(stripe: Stripe, inputs: Inputs, found: Stripe.WebhookEndpoint): Promise<void> {
  const metadata = differingMetadata(metadataOf(inputs), found.metadata);
  const changes: Stripe.WebhookEndpointUpdateParams = {
    ...(found.url === inputs.url ? {} : { url: inputs.url }),
    ...(isListening(found, inputs) ? {} : { enabled_events: eventsOf(inputs), disabled: false }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(changes).length > 0)
    await stripeCall("webhookEndpoints.update", stripe.webhookEndpoints.update(found.id, changes));
}

/** Stripe says which of them it doesn't know. */
function eventsOf({ events }: Inputs): Stripe.WebhookEndpointUpdateParams.EnabledEvent[] {
  return events as Stripe.WebhookEndpointUpdateParams.EnabledEvent[];
}

function isListening(found: Stripe.WebhookEndpoint, { events }: Inputs): boolean {
  const heard = new Set(heardBy(found));
  return heard.size === events.length && events.every((event) => heard.has(event));
}

/** One that is disabled hears nothing. */
function heardBy({ enabled_events, status }: Stripe.WebhookEndpoint): string[] {
  return status === "enabled" ? enabled_events : [];
}
