import type { OrganizationModel, PlanModel } from "../model/model.ts";
import { type PlanMove, planDifference } from "../model/plan-difference.ts";
import type { Step } from "./stack.ts";

const ORGANIZATION = "tenantry:control-plane:Organization";

/**
 * The change of the declared plan among the steps. Undefined if there is none, or if the platform doesn't declare the old plan
 * any more.
 *
 * @param plans those of the platform, by name
 */
export function planMove(
  steps: readonly Step[],
  { plan, overrides }: OrganizationModel,
  plans: Readonly<Record<string, PlanModel>>,
): PlanMove | undefined {
  const changed = steps
    .filter(({ type, action }) => type === ORGANIZATION && action === "update")
    .flatMap(({ changes }) => changes)
    .find(({ path }) => path === "plan");
  const from = Object.values(plans).find(({ name }) => name === changed?.before);
  if (changed === undefined || from === undefined || from.name === plan.name) return undefined;
  return { from: from.name, to: plan.name, ...planDifference(from, plan, overrides) };
}
