import type { Account } from "../account.ts";
import { missing } from "../protocol/errors.ts";
import { page, showing, within } from "../protocol/lists.ts";
import { type Operation, operation } from "../protocol/operation.ts";
import { list, paging, parameters, range, text } from "../protocol/parameters.ts";
import type { Shown, StoredEvent } from "../stored.ts";
import { isOfType } from "../webhooks/event-types.ts";

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

export function showEvent(account: Account, event: StoredEvent): Shown {
  const pending = account.deliveries.values().filter((one) => one.event === event.id);
  return { ...event, pending_webhooks: pending.length };
}
