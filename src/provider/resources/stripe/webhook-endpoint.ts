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
    .describe("The URL that Stripe sends events to: `https://…/stripe` of `tenantry webhook`."),
  events: z
    .array(z.string())
    .default([...EVENTS])
    .describe("The events that Stripe sends. Default: those that `tenantry webhook` applies."),
  version: z
    .int()
    .min(1)
    .default(1)
    .describe(
      "Raise it to rotate the secret. Both endpoints receive events until the old one is deleted. Default 1.",
    ),
  brand,
});

const webhookEndpointOutputs = z.strictObject({
  endpointId: z.string().describe("The endpoint's id in Stripe."),
  signingSecret: secret().describe("The secret that Stripe signs events with, for `tenantry webhook`."),
});

type Inputs = z.infer<typeof webhookEndpointInputs>;

/** The metadata key of an endpoint's version. */
const VERSION_KEY = "tenantry_version";

/** @see https://docs.stripe.com/api/webhook_endpoints */
export const webhookEndpoint = defineResource({
  type: "stripe:WebhookEndpoint",
  description:
    "A platform's webhook endpoint in Stripe. Stripe returns the signing secret only in the response that creates the endpoint. If a run is interrupted before it records the secret, a run within a day receives the same response, and a later run creates another endpoint.",
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
    if (secret === undefined) throw new Error(`Stripe created the webhook endpoint ${id} without a secret`);
    // Not the id in Stripe, since an update may have to create another endpoint.
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
 * Stripe repeats its response to a key for a day, including the secret, which recovers the endpoint of an interrupted run. An
 * endpoint whose secret is lost is deleted before the next attempt.
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
        // A retrieved endpoint has no secret.
        return found && { ...found, secret: made.secret };
      });
    },
    signal,
  });
}

/** Deletes the endpoints of this version that interrupted runs left without a known secret. */
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

/** Not validated here: Stripe's error names an unknown event. */
function eventsOf({ events }: Inputs): Stripe.WebhookEndpointUpdateParams.EnabledEvent[] {
  return events as Stripe.WebhookEndpointUpdateParams.EnabledEvent[];
}

function isListening(found: Stripe.WebhookEndpoint, { events }: Inputs): boolean {
  const heard = new Set(heardBy(found));
  return heard.size === events.length && events.every((event) => heard.has(event));
}

/** The events that the endpoint receives: none if it is disabled. */
function heardBy({ enabled_events, status }: Stripe.WebhookEndpoint): string[] {
  return status === "enabled" ? enabled_events : [];
}
