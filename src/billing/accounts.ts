import type { Declared } from "../model/effective-plan.ts";
import type { Entitlements, Limit } from "../shared/entitlements.ts";
import type { Query } from "../vendors/postgres/database.ts";
import type { Brand } from "../vendors/stripe/brand.ts";

/** An organization that is a customer in Stripe, as recorded in the control plane. */
export interface Account {
  readonly id: string;
  /** `agntdata/acme`. Part of the keys under which credits are posted once. */
  readonly path: string;
  readonly customer: string;
  /** Whether the organization is active. Nothing is charged otherwise. */
  readonly isActive: boolean;
  /** The id of the subscription that was recorded last. Null before the first one. */
  readonly subscription: string | null;
  readonly brand: Brand;
  readonly declared: Declared;
}

interface Row {
  readonly id: string;
  readonly platform: string;
  readonly name: string;
  readonly generation: number;
  readonly plan: string;
  readonly customer: string;
  readonly isActive: boolean;
  readonly subscription: string | null;
  readonly overrides: Readonly<Record<string, number | boolean | "unlimited">>;
}

const ROW = `organizations.id, platforms.name as platform, organizations.name, generation, plan,
  stripe_customer as customer, organizations.state = 'active' as "isActive", stripe_subscription as subscription, limit_overrides as overrides
  from public.organizations join public.platforms on platforms.id = organizations.platform_id`;

/** The account of a Stripe customer, locked until the transaction ends, so that later reads of Stripe are applied in order. */
export async function lockAccountOf(query: Query, customer: string): Promise<Account | undefined> {
  const [row] = await query<Row>(
    `select ${ROW} where stripe_customer = $1 for no key update of organizations`,
    [customer],
  );
  return row && accountOf(row);
}

/** @param where a condition on `organizations` and `plans`, with parameters that start at $1 */
export async function accountsWhere(
  query: Query,
  where: string,
  values: readonly unknown[] = [],
): Promise<readonly Account[]> {
  const rows = await query<Row>(
    `select ${ROW} join public.plans on plans.name = plan
     where stripe_customer is not null and (${where}) order by organizations.id`,
    values,
  );
  return rows.map(accountOf);
}

function accountOf({
  id,
  platform,
  name,
  generation,
  plan,
  customer,
  isActive,
  subscription,
  overrides,
}: Row): Account {
  return {
    id,
    path: `${platform}/${name}`,
    customer,
    isActive,
    subscription,
    brand: { platform, organization: name, id, generation },
    declared: { plan, overrides: overridesOf(overrides) },
  };
}

function overridesOf(overrides: Row["overrides"]): Partial<Entitlements> {
  const limits = Object.entries(overrides).map(([limit, value]): [string, Limit | boolean] => [
    limit,
    value === "unlimited" ? null : value,
  ]);
  return Object.fromEntries(limits);
}
