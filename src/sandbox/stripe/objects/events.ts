import type { Account } from "../account.ts";
import { missing } from "../protocol/errors.ts";
import { page, showing, within } from "../protocol/lists.ts";
import type { Shown } from "../protocol/operation.ts";
import { type Operation, operation } from "../protocol/operation.ts";
import { list, paging, parameters, range, text } from "../protocol/parameters.ts";

/** What happened, with the object as it was then: https://docs.stripe.com/api/events */
export interface KeptEvent extends Shown {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: Record<string, unknown> };
  readonly livemode: false;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}

const listing = parameters(
  { ...paging, created: range(), type: text().optional(), types: list(text(), 20).optional() },
  ["delivery_success"],
);

export const eventOperations: readonly Operation[] = [
  operation("get", "/v1/events", listing, ({ account, parameters: wanted }) => {
    const found = account.events
      .values()
      .filter(
        (one) =>
          within(one.created, wanted.created) &&
          isOfType(one, wanted.type === undefined ? wanted.types : [wanted.type]),
      );
    return showing(page("/v1/events", found, wanted, "event"), (one) => showEvent(account, one));
  }),

  operation("get", "/v1/events/:id", parameters({}), ({ account, id }) => {
    const found = account.events.get(id);
    if (found === undefined) throw missing("event", id);
    return showEvent(account, found);
  }),
];

export function showEvent(account: Account, event: KeptEvent): Shown {
  const pending = account.deliveries.values().filter((one) => one.event === event.id);
  return { ...event, pending_webhooks: pending.length };
}

/** Types may end in `.*`. */
export function isOfType(event: { readonly type: string }, types: readonly string[] | undefined): boolean {
  if (types === undefined) return true;
  return types.some((type) =>
    type.endsWith("*") ? event.type.startsWith(type.slice(0, -1)) : type === event.type,
  );
}
