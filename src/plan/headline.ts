import { count } from "../shared/format.ts";
import type { ChangePlan, StackPlan } from "./plan.ts";
import { summaryOf } from "./sentence.ts";

/** Outcomes that a headline names, because no count contains them. */
const NAMED = ["refused", "failed", "not started"] as const;

/** `3 people to remove, 1 stack refused`: what changes, and which stacks can't be applied. */
export function headlineOf(plan: ChangePlan): string {
  const stacks = stacksOf(plan);
  const outcomes = NAMED.flatMap((outcome) => {
    const these = stacks.filter((stack) => stack.outcome === outcome);
    return these.length === 0 ? [] : [`${count(these.length, "stack")} ${outcome}`];
  });
  return [...changesOf(plan.counts, stacks), ...outcomes].join(", ") || "No changes";
}

/** What changes in one stack, and its outcome if it can't be applied. */
export function stackHeadline(stack: StackPlan): string {
  const outcome = NAMED.filter((each) => each === stack.outcome);
  return [...changesOf(stack.counts, [stack]), ...outcome].join(", ") || stack.outcome;
}

function changesOf(counts: StackPlan["counts"], stacks: readonly StackPlan[]): string[] {
  const summary = summaryOf(counts, "ahead");
  if (summary !== "") return [summary];
  return stacks.some(({ outputs }) => outputs.length > 0) ? [OUTPUTS_ONLY] : [];
}

/** What is said of a stack of which only outputs change. */
export const OUTPUTS_ONLY = "outputs to change";

/** Whether anything happens to a stack but to its outputs. */
export function hasEvents({ events, other, workspaces }: StackPlan): boolean {
  return events.length + other.length + workspaces.length > 0;
}

/** All stacks of a plan: each platform's own stack, then its organizations. */
export function stacksOf({ platforms }: ChangePlan): StackPlan[] {
  return platforms.flatMap(({ own, organizations }) => [...(own === null ? [] : [own]), ...organizations]);
}
