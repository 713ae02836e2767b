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

/** The portal's login page with the customer's e-mail address filled in. Undefined if there is no login page. */
export function portalUrl(
  portal: Stripe.BillingPortal.Configuration | undefined,
  email: string,
): string | undefined {
  if (portal === undefined || portal.login_page.url === null) return undefined;
  return `${portal.login_page.url}?prefilled_email=${encodeURIComponent(email)}`;
}
