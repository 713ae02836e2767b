import type { EngineDiagnostic } from "@tenantry/embedded-engine/interface";
import type { OrganizationModel, PlanModel } from "../model/model.ts";
import { versionsOf } from "../model/plan-versions.ts";
import { listNames } from "../shared/list-names.ts";
import { planVersionOf } from "../shared/plan-version.ts";
import type { Step } from "./stack.ts";

const CATALOGUE = "tenantry:control-plane:Catalogue";

/** What organizations notice of a change of their plan. */
const TERMS = ["monthlyAmount", "limits", "credits"];

/**
 * Warnings about plans that are edited while organizations are on them: the edit changes the plan for all of them at once.
 *
 * @param plans those of the platform, by name
 * @param organizations undefined if their manifests weren't read
 */
export function planEdits(
  steps: readonly Step[],
  plans: Readonly<Record<string, PlanModel>>,
  organizations: readonly OrganizationModel[] | undefined,
): readonly EngineDiagnostic[] {
  return editedPlans(steps).flatMap((name) => {
    const on = organizations?.filter(({ plan }) => plan.name === name).map((each) => each.name);
    if (on?.length === 0) return [];
    const { plan } = planVersionOf(name);
    const newest = versionsOf(plans, plan).at(-1) ?? name;
    const next = `${plan}@${planVersionOf(newest).version + 1}`;
    return [
      {
        severity: "warning" as const,
        message:
          `the plan ${name} changes for every organization on it${on === undefined ? "" : `: ${listNames(on)}`}\n` +
          `  To change it only for organizations that choose to, leave ${name} as it is and declare ${next}.`,
        urn: undefined,
      },
    ];
  });
}

/** The plans whose price, limits or credits are edited. */
function editedPlans(steps: readonly Step[]): readonly string[] {
  const names = steps
    .filter(({ type, action }) => type === CATALOGUE && action === "update")
    .flatMap(({ changes }) => changes)
    .filter(({ segments: [first, , term = ""] }) => first === "plans" && TERMS.includes(term))
    .flatMap(({ segments }) => segments[1] ?? []);
  return [...new Set(names)];
}
