import type { Step } from "../changes/stack.ts";
import type { ChangePlan, Happening, OrganizationPlan, StackPlan } from "./plan.ts";

/**
 * The plan of a run, as a report shows it: what wasn't done is marked, and only what was done is counted. The plan of a preview
 * stays as it is.
 */
export function asReported(plan: ChangePlan): ChangePlan {
  if (!plan.applied) return plan;
  return {
    ...plan,
    counts: plan.done,
    platforms: plan.platforms.map((platform) => ({
      ...platform,
      own: platform.own && reported(platform.own),
      organizations: platform.organizations.map((each): OrganizationPlan => reported(each)),
    })),
  };
}

function reported<T extends StackPlan>(stack: T): T {
  return {
    ...stack,
    ...marked(stack),
    counts: stack.done,
    workspaces: stack.workspaces.map((workspace) => ({ ...workspace, ...marked(workspace) })),
  };
}

/** `planned` remains if an earlier failure ended the run, and `running` if it was interrupted. */
const MARKS: Readonly<Record<Step["status"], string>> = {
  done: "",
  failed: "failed: ",
  running: "interrupted: ",
  planned: "not done: ",
};

function marked({ events, other }: Happening): Happening {
  return {
    events: events.map((event) => ({ ...event, text: `${MARKS[event.status]}${event.text}` })),
    other: other.map((each) => ({ ...each, resource: `${MARKS[each.status]}${each.resource}` })),
  };
}
