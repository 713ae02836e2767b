import type Stripe from "stripe";
import { type Brand, isOwnedBy } from "./brand.ts";
import { findInList } from "./lists.ts";

/** The platform's configuration of Stripe's billing portal, while it is in use. */
export async function findPortal(
  stripe: Stripe,
  { platform }: Brand,
): Promise<Stripe.BillingPortal.Configuration | undefined> {
  return findInList(
    "billingPortal.configurations.list",
    stripe.billingPortal.configurations.list({ active: true, limit: 100 }),
    ({ metadata }) => isOwnedBy({ platform }, metadata ?? {}),
  );
}

/** Where a customer logs in, with a code that is sent to that address; undefined while there is no such page. */
export function portalUrl(
  portal: Stripe.BillingPortal.Configuration | undefined,
  email: string,
): string | undefined {
  if (portal === undefined || portal.login_page.url === null) return undefined;
  return `${portal.login_page.url}?prefilled_email=${encodeURIComponent(email)}`;
}
