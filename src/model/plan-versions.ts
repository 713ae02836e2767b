import { planVersionOf } from "../shared/plan-version.ts";
import type { PlanModel } from "./model.ts";

/** The names of a plan's versions among those of a platform, the oldest first. */
export function versionsOf(plans: Readonly<Record<string, unknown>>, plan: string): readonly string[] {
  return Object.keys(plans)
    .filter((name) => planVersionOf(name).plan === plan)
    .sort((a, b) => planVersionOf(a).version - planVersionOf(b).version);
}

/** The newest version of each plan: what a new customer buys. */
export function newestVersions(plans: Readonly<Record<string, PlanModel>>): readonly PlanModel[] {
  return Object.values(plans).filter(({ name, plan }) => versionsOf(plans, plan).at(-1) === name);
}
