import type { EventItem, Monthly, OrganizationPlan, PlanEvent } from "./plan.ts";

/** Organizations to which the same happens, such as a new migration. */
export interface FoldedOrganizations {
  readonly organizations: readonly [OrganizationPlan, ...OrganizationPlan[]];
  /** What happens to each of them. Workspaces are named only where they are the same for all. */
  readonly shared: OrganizationPlan;
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
  return [...groups.values()].map((group) => ({ organizations: group, shared: sharedBy(group) }));
}

function isFoldable({ problems, removals, outputs, other, workspaces }: OrganizationPlan): boolean {
  return [problems, removals, outputs, other, workspaces].every((each) => each.length === 0);
}

/**
 * What happens, and which amounts change, regardless of the names of resources. Workspaces matter only if people gain or lose access
 * to them.
 */
function contentOf({ events, outcome, revenue, infrastructure, due }: OrganizationPlan): string {
  return JSON.stringify([
    outcome,
    [changed(revenue), changed(infrastructure), due],
    events.map((event) => {
      const { text, danger, items, workspaces, details, status } = event;
      return [
        text,
        danger,
        items.map((item) => [item.name, item.note, isAccess(event) ? item.workspaces : null]),
        isAccess(event) ? workspaces : null,
        details,
        status,
      ];
    }),
  ]);
}

/** Forms show only amounts that change, so that organizations with different plans can share a new migration. */
function changed(amount: Monthly | null): Monthly | null {
  return amount === null || amount.delta === 0 ? null : amount;
}

function isAccess({ subject }: PlanEvent): boolean {
  return subject === "people" || subject === "access";
}

/** The first organization, without the names of workspaces that aren't those of all. */
function sharedBy([first, ...others]: readonly [OrganizationPlan, ...OrganizationPlan[]]): OrganizationPlan {
  if (others.length === 0) return first;
  const events = first.events.map((event, index) => {
    const same = others.flatMap((other) => other.events[index] ?? []);
    return {
      ...event,
      workspaces: inAll(event, same),
      items: event.items.map(
        (item, at): EventItem => ({
          ...item,
          workspaces: inAll(
            item,
            same.flatMap(({ items }) => items[at] ?? []),
          ),
        }),
      ),
    };
  });
  return { ...first, events };
}

type Placed = Pick<PlanEvent, "workspaces">;

function inAll({ workspaces }: Placed, others: readonly Placed[]): readonly string[] {
  const name = JSON.stringify(workspaces);
  return others.every((other) => JSON.stringify(other.workspaces) === name) ? workspaces : [];
}
