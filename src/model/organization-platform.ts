import type { OrganizationModel, PlanModel, PlatformModel, TrialModel } from "./model.ts";

/** The part of a platform that the stacks of its organizations depend on. */
export type OrganizationPlatform = Pick<PlatformModel, "id" | "project" | "security" | "defaultPlan"> & {
  readonly plans: Readonly<Record<string, Pick<PlanModel, "productId" | "entitlements" | "credits">>>;
  readonly trial: Pick<TrialModel, "plan"> | null;
};

/** The part of a platform that one organization depends on while the plan that it declares, or the default plan, is in force. */
export function platformOf(platform: PlatformModel, { plan }: OrganizationModel): OrganizationPlatform {
  const { id, project, security, defaultPlan, trial } = platform;
  const names = [plan.name, defaultPlan];
  const plans = Object.entries(platform.plans).flatMap(([name, { productId, entitlements, credits }]) =>
    names.includes(name) ? [[name, { productId, entitlements, credits }] as const] : [],
  );
  return {
    ...{ id, project, security, defaultPlan },
    plans: Object.fromEntries(plans),
    trial: trial && { plan: trial.plan },
  };
}
