import { UserError } from "@tenantry/core/errors";
import { listNames } from "../shared/list-names.ts";
import type { Query } from "../vendors/postgres/database.ts";

/** A plan, or a version of one, and the organizations that are on it. */
interface PlanInUse {
  readonly plan: string;
  readonly organizations: readonly string[];
}

/**
 * Refuses to remove plans that organizations are on: those that declare one, and those whose paid period of one hasn't ended.
 *
 * @param removed the names of the plans
 * @throws UserError with the names of the organizations
 */
export async function refuseToRemovePlansInUse(query: Query, removed: readonly string[]): Promise<void> {
  if (removed.length === 0) return;
  const found = await query<PlanInUse>(
    `select plans.name as plan, array_agg(organizations.name order by organizations.name) as organizations
     from public.plans join public.organizations on plans.name in (plan, plan_in_force)
     where plans.name = any ($1::text[])
       and exists (select from public.members where organization_id = organizations.id)
     group by plans.name order by plans.name`,
    [removed],
  );
  if (found.length === 0) return;
  const plans = listNames(found.map(({ plan }) => plan));
  throw new UserError(
    found
      .map(
        ({ plan, organizations }) =>
          `The plan ${plan} can't be removed while organizations are on it: ${listNames(organizations)}.`,
      )
      .join("\n"),
    {
      remedy: `Declare ${plans} again, and move these organizations to another plan. Remove ${plans} in a later change, when no paid period of it is left.`,
    },
  );
}

/** Keeps the rows of removed plans that only closed organizations refer to. */
export async function keepPlansOfClosed(
  query: Query,
  platform: string,
  declared: readonly string[],
): Promise<void> {
  await query(
    `update public.plans set managed_by = 'app'
     where platform_id = $1 and managed_by = 'manifest' and not name = any ($2::text[])
       and exists (select from public.organizations where plans.name in (plan, plan_in_force))`,
    [platform, declared],
  );
}
