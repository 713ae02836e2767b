import type { Account } from "../account.ts";
import { invalid, missing } from "../protocol/errors.ts";
import { newId, random } from "../protocol/ids.ts";
import { page, showing } from "../protocol/lists.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { type Operation, operation } from "../protocol/operation.ts";
import { boolean, list, metadata, nullable, paging, parameters, text } from "../protocol/parameters.ts";
import type { StoredWebhookEndpoint } from "../stored.ts";

const LIMIT = 16;

const fields = {
  description: nullable(text()).optional(),
  metadata: metadata(),
};
const creation = parameters(
  { ...fields, api_version: text().optional(), enabled_events: list(text()), url: text() },
  ["connect"],
);
const update = parameters({
  ...fields,
  disabled: boolean().optional(),
  enabled_events: list(text()).optional(),
  url: text().optional(),
});

export const webhookEndpointOperations: readonly Operation[] = [
  operation("post", "/v1/webhook_endpoints", creation, ({ account, parameters: given }) => {
    checkUrl(given.url);
    checkEvents(given.enabled_events);
    if (account.webhookEndpoints.values().length >= LIMIT)
      throw invalid(`You have reached the maximum of ${LIMIT} test webhook endpoints.`);
    const id = newId("we");
    const created: StoredWebhookEndpoint = {
      id,
      object: "webhook_endpoint",
      api_version: given.api_version ?? null,
      application: null,
      created: account.now(),
      description: given.description ?? null,
      enabled_events: given.enabled_events,
      livemode: false,
      metadata: mergeMetadata({}, given.metadata),
      secret: `whsec_${random(32)}`,
      status: "enabled",
      url: given.url,
    };
    // Only this response contains the secret.
    return account.webhookEndpoints.put(id, created);
  }),

  operation("get", "/v1/webhook_endpoints", parameters(paging), ({ account, parameters: wanted }) =>
    showing(
      page("/v1/webhook_endpoints", account.webhookEndpoints.values(), wanted, "webhook endpoint"),
      withoutSecret,
    ),
  ),

  operation("get", "/v1/webhook_endpoints/:id", parameters({}), ({ account, id }) =>
    withoutSecret(get(account, id)),
  ),

  operation("post", "/v1/webhook_endpoints/:id", update, ({ account, id, parameters: given }) => {
    const before = get(account, id);
    const { disabled, metadata, ...plain } = given;
    if (given.url !== undefined) checkUrl(given.url);
    checkEvents(given.enabled_events ?? []);
    const after: StoredWebhookEndpoint = {
      ...before,
      ...plain,
      metadata: mergeMetadata(before.metadata, metadata),
      status: disabled === undefined ? before.status : disabled ? "disabled" : "enabled",
    };
    return withoutSecret(account.webhookEndpoints.put(id, after));
  }),

  operation("delete", "/v1/webhook_endpoints/:id", parameters({}), ({ account, id }) => {
    get(account, id);
    account.webhookEndpoints.delete(id);
    return { id, object: "webhook_endpoint", deleted: true };
  }),
];

function get(account: Account, id: string): StoredWebhookEndpoint {
  const found = account.webhookEndpoints.get(id);
  if (found === undefined) throw missing("webhook endpoint", id);
  return found;
}

function withoutSecret({ secret, ...shown }: StoredWebhookEndpoint): Omit<StoredWebhookEndpoint, "secret"> {
  return shown;
}

/** Accepts HTTP, as Stripe does in test mode. Unlike Stripe, also accepts addresses on this machine. */
function checkUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalid(`Invalid URL: ${url}`, "url", "url_invalid");
}

/** Accepts `*` or the names of event types. Patterns are only supported when listing events. */
function checkEvents(types: readonly string[]): void {
  const bad = types.findIndex((type) => type !== "*" && !/^[a-z_]+(\.[a-z_]+)+$/.test(type));
  if (bad !== -1)
    throw invalid(`Invalid enabled_events[${bad}]: must be an event's name, or *`, `enabled_events[${bad}]`);
}
