import { UserError } from "@tenantry/core/errors";
import { listNames } from "../shared/list-names.ts";
import type { Query } from "../vendors/postgres/database.ts";

/** What a plan limits by number of what there is, by the limit's name in a manifest. */
const LIMITS = {
  workspaces: {
    noun: "workspace",
    byApp: "people asked in the product for",
    wayDown: "Withdraw a request in the product, leave the new one out of the manifest",
  },
  seats: {
    noun: "seat",
    byApp: "the product has let in or invited",
    wayDown: "Remove somebody in the product or from the manifest",
  },
  customDomains: {
    noun: "custom domain",
    byApp: "the product has added",
    wayDown: "Take a domain off an app in the product or in the manifest",
  },
} as const;

export type Limit = keyof typeof LIMITS;

export const LIMIT_NAMES = Object.keys(LIMITS) as readonly Limit[];

export interface Use {
  readonly limit: Limit;
  readonly plan: string;
  /** Of the declared plan, with its override; null: unlimited. */
  readonly allowed: number | null;
  readonly isOverridden: boolean;
  readonly needed: number;
  /** The product's of what is needed, by the names that its people know. */
  readonly byApp: readonly string[];
}

/**
 * Changes what an organization declares, and refuses to add anything beyond the declared plan's limits: the manifest's own is
 * counted when it is read, here the product's is beside it. What doesn't fit already stays: the plan may have become smaller.
 *
 * The caller holds the lock on the organization's row, as every function of the product does that adds what is limited.
 *
 * @throws UserError when there is no room; the transaction is to be taken back
 */
export async function enforceLimits(
  query: Query,
  organization: string,
  change: () => Promise<void>,
): Promise<void> {
  const before = await readUses(query, organization);
  await change();
  const exceeded = (await readUses(query, organization)).filter(
    ({ limit, needed, allowed }) =>
      allowed !== null &&
      needed > allowed &&
      before.some((use) => use.limit === limit && use.needed < needed),
  );
  if (exceeded.length > 0) throw limitExceeded(exceeded);
}

export function limitExceeded(exceeded: readonly Use[]): UserError {
  return new UserError(exceeded.map(said).join("\n"), { remedy: exceeded.map(remedyFor).join("\n") });
}

function readUses(query: Query, organization: string): Promise<readonly Use[]> {
  return query<Use>(
    `select "limit", plan, limit_overrides ? "limit" as "isOverridden",
       case limit_overrides ->> "limit" when 'unlimited' then null
         else coalesce((limit_overrides ->> "limit")::int, planned) end as allowed,
       (select count(distinct thing)::int from ${STAYING}) as needed,
       array(select distinct shown from ${STAYING} and of_app order by shown) as "byApp"
     from public.organizations join public.plans on plans.name = plan, lateral (values
       ('workspaces', workspaces), ('seats', seats), ('customDomains', custom_domains)) as limited ("limit", planned)
     where organizations.id = $1`,
    [organization],
  );
}

const STAYING =
  'private.limit_uses where organization_id = organizations.id and limit_name = "limit" and not goes';

function said({ limit, plan, allowed, isOverridden, needed, byApp }: Use): string {
  const { noun, byApp: theirs } = LIMITS[limit];
  const source = isOverridden ? "The override" : `The plan ${plan}`;
  const beside = byApp.length === 0 ? "" : `: ${theirs} ${listNames(byApp)}`;
  return `${source} allows ${allowed} ${noun}${allowed === 1 ? "" : "s"}, and ${needed} are needed${beside}.`;
}

function remedyFor({ limit }: Use): string {
  const { noun, wayDown } = LIMITS[limit];
  return `${wayDown}, choose a plan with more ${noun}s, or ask for an override of \`limits.${limit}\`.`;
}
