import { UserError } from "@tenantry/core/errors";
import { listNames } from "../shared/list-names.ts";
import type { Query } from "../vendors/postgres/database.ts";

/**
 * Refuses another currency for a platform whose organizations have subscriptions. Stripe fixes a customer's currency with its
 * first invoice or subscription, so no organization that pays could ever move to the new prices.
 *
 * @throws UserError
 * @see https://docs.stripe.com/currencies
 */
export async function refuseOtherCurrency(
  query: Query,
  platform: string,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<void> {
  const subscribed = await query<{ name: string }>(
    `select name from public.organizations
     where platform_id = $1 and stripe_subscription is not null order by name limit 6`,
    [platform],
  );
  if (subscribed.length === 0) return;
  const names = subscribed.map(({ name }) => name);
  const listed = names.length > 5 ? `${names.slice(0, 5).join(", ")} and others` : listNames(names);
  throw new UserError(
    `The platform's currency can't change from ${before} to ${after}: Stripe bills ${listed} in ${before}, and never changes a customer's currency.`,
    {
      remedy: `Set \`currency: ${before}\` again. To sell in ${after}, declare another platform.`,
    },
  );
}
