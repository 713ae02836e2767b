import { count } from "../shared/format.ts";
import type { ChangePlan, StackPlan } from "./plan.ts";
import { summaryOf } from "./sentence.ts";

/** Outcomes that a headline names, because no count contains them. */
const NAMED = ["refused", "failed", "not started"] as const;

/** Whether a text tells what a run will do, or what it did. */
export type Tense = Parameters<typeof summaryOf>[1];

export function tenseOf({ applied }: ChangePlan): Tense {
  return applied ? "done" : "ahead";
}

/** `3 people to remove, 1 stack refused`: what changes, or what a run did, and which stacks weren't or can't be applied. */
export function headlineOf(plan: ChangePlan): string {
  const stacks = stacksOf(plan);
  const tense = tenseOf(plan);
  const outcomes = NAMED.flatMap((outcome) => {
    const these = stacks.filter((stack) => stack.outcome === outcome);
    return these.length === 0 ? [] : [`${count(these.length, "stack")} ${outcome}`];
  });
  const what = tense === "done" ? plan.done : plan.counts;
  const changes = changesOf(what, stacks, tense).map((said) =>
    tense === "done" ? `Applied: ${said}` : said,
  );
  return [...changes, ...outcomes].join(", ") || "No changes";
}

/** What changes in one stack, or what a run did there, and its outcome if it wasn't or can't be applied. */
export function stackHeadline(stack: StackPlan, tense: Tense): string {
  const outcome = NAMED.filter((each) => each === stack.outcome);
  const what = tense === "done" ? stack.done : stack.counts;
  return [...changesOf(what, [stack], tense), ...outcome].join(", ") || stack.outcome;
}

function changesOf(counts: StackPlan["counts"], stacks: readonly StackPlan[], tense: Tense): string[] {
  const summary = summaryOf(counts, tense);
  if (summary !== "") return [summary];
  return tense === "ahead" && stacks.some(({ outputs }) => outputs.length > 0) ? [OUTPUTS_ONLY] : [];
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
