import { UserError } from "@tenantry/core/errors";
import { COUNTED_LIMITS, type CountedLimit, ENTITLEMENTS } from "../shared/entitlements.ts";
import { listNames } from "../shared/list-names.ts";
import type { Query } from "../vendors/postgres/database.ts";
import { escapeIdentifier } from "../vendors/postgres/quote.ts";
import { snakeCase } from "./limits.ts";

/** What messages say about each limit, besides its noun. */
const LIMITS: Readonly<Record<CountedLimit, { readonly byApp: string; readonly wayDown: string }>> = {
  workspaces: {
    byApp: "people asked in the product for",
    wayDown: "Withdraw a request in the product, leave the new one out of the manifest",
  },
  seats: {
    byApp: "the product has let in or invited",
    wayDown: "Remove somebody in the product or from the manifest",
  },
  customDomains: {
    byApp: "the product has added",
    wayDown: "Take a domain off an app in the product or in the manifest",
  },
};

/** How much of a limit an organization uses. */
export interface Use {
  readonly limit: CountedLimit;
  readonly plan: string;
  /** The declared plan's limit or its override. `null` is unlimited. */
  readonly allowed: number | null;
  readonly isOverridden: boolean;
  readonly needed: number;
  /** The part that people created in the product, by the names that they know. */
  readonly byApp: readonly string[];
}

/**
 * Runs a change of what an organization declares, and refuses it if it adds anything beyond the declared plan's limits. The
 * rules of manifests count only what the manifest declares; this also counts what people created in the product.
 *
 * Existing overages are allowed, because a plan may have become smaller.
 *
 * The caller holds the lock on the organization's row. The product's functions take it too before they add anything limited.
 *
 * @throws UserError when a limit is exceeded; the caller must roll the transaction back
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
  return new UserError(exceeded.map(messageFor).join("\n"), { remedy: exceeded.map(remedyFor).join("\n") });
}

function readUses(query: Query, organization: string): Promise<readonly Use[]> {
  return query<Use>(
    `select "limit", plan, limit_overrides ? "limit" as "isOverridden",
       case limit_overrides ->> "limit" when 'unlimited' then null
         else coalesce((limit_overrides ->> "limit")::int, planned) end as allowed,
       (select count(distinct thing)::int from ${STAYING}) as needed,
       array(select distinct shown from ${STAYING} and of_app order by shown) as "byApp"
     from public.organizations join public.plans on plans.name = plan,
       lateral (values ${PLANNED.join(", ")}) as limited ("limit", planned)
     where organizations.id = $1`,
    [organization],
  );
}

const PLANNED = COUNTED_LIMITS.map((limit) => `('${limit}', plans.${escapeIdentifier(snakeCase(limit))})`);

const STAYING =
  'private.limit_uses where organization_id = organizations.id and limit_name = "limit" and not goes';

function messageFor({ limit, plan, allowed, isOverridden, needed, byApp }: Use): string {
  const { noun } = ENTITLEMENTS[limit];
  const { byApp: theirs } = LIMITS[limit];
  const source = isOverridden ? "The override" : `The plan ${plan}`;
  const beside = byApp.length === 0 ? "" : `: ${theirs} ${listNames(byApp)}`;
  return `${source} allows ${allowed} ${noun}${allowed === 1 ? "" : "s"}, and ${needed} are needed${beside}.`;
}

function remedyFor({ limit }: Use): string {
  const { noun } = ENTITLEMENTS[limit];
  const { wayDown } = LIMITS[limit];
  return `${wayDown}, choose a plan with more ${noun}s, or ask for an override of \`limits.${limit}\`.`;
}
