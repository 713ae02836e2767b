import type { OrganizationPlan } from "./plan.ts";

/** Organizations to which the same happens, such as a new migration. */
export interface FoldedOrganizations {
  /** All of them. The events are those of the first. */
  readonly organizations: readonly [OrganizationPlan, ...OrganizationPlan[]];
}

/** Groups organizations to which exactly the same happens, in the order of the first of each group. */
export function foldAlike(organizations: readonly OrganizationPlan[]): FoldedOrganizations[] {
  const groups = new Map<string, [OrganizationPlan, ...OrganizationPlan[]]>();
  for (const organization of organizations) {
    const key = isFoldable(organization) ? contentOf(organization) : organization.stack;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [organization]);
    else group.push(organization);
  }
  return [...groups.values()].map((group) => ({ organizations: group }));
}

function isFoldable({ problems, removals, outputs, other, workspaces }: OrganizationPlan): boolean {
  return [problems, removals, outputs, other, workspaces].every((each) => each.length === 0);
}

/** What happens, regardless of the names of resources. Workspaces matter only if people gain or lose access to them. */
function contentOf({ events, outcome }: OrganizationPlan): string {
  return JSON.stringify([
    outcome,
    events.map(({ subject, text, danger, items, workspaces, details, status }) => {
      const isAccess = subject === "people" || subject === "access";
      return [
        text,
        danger,
        items.map((item) => [item.name, item.note, isAccess ? item.workspaces : null]),
        isAccess ? workspaces : null,
        details,
        status,
      ];
    }),
  ]);
}
