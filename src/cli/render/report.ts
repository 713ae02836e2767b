import { printable } from "@tenantry/core/printable";
import type { EngineDiagnostic } from "@tenantry/embedded-engine/interface";
import type { Outcome } from "../../changes/outcome.ts";
import type { StackResult } from "../../fleet/run.ts";
import { dangerText, placedDangers } from "../../plan/dangers.ts";
import { stacksOf } from "../../plan/headline.ts";
import { type ChangePlan, DANGERS, type StackPlan } from "../../plan/plan.ts";
import { monthlyChange, summaryOf } from "../../plan/sentence.ts";
import { count, formatSeconds } from "../../shared/format.ts";
import type { Colors } from "./colors.ts";
import { renderCosts } from "./costs.ts";
import { renderGuards, renderRefusals } from "./guards.ts";
import { treesOf } from "./plan.ts";
import { renderTree } from "./tree.ts";

/** Renders a preview: dangers, the tree of each stack with changes, problems, a summary line, and what guards decided. */
export function renderPreview(plan: ChangePlan, results: readonly StackResult[], colors: Colors): string {
  const stacks = stacksOf(plan);
  const dangers = stacks.length > 1 ? renderDangers(plan, colors) : "";
  const trees = plan.platforms.flatMap((platform) => treesOf(platform, colors));
  const problems = stacks.map((stack) => renderProblems(stack, colors));
  const blocks = [
    dangers,
    ...trees.map((tree) => renderTree(tree, colors).join("\n")),
    ...renderCosts(plan, colors),
    ...problems,
  ];
  const said = [
    summaryOf(plan.counts, "ahead"),
    ...plan.revenue.map((each) => monthlyChange("revenue", each)),
    ...plan.infrastructure.map((each) => monthlyChange("infrastructure", each)),
    dangerCount(plan),
  ].filter((text) => text !== "");
  // The guards come after the whole plan, because their decision is separate.
  const all = [...blocks, summarize(results, said.join("; "), colors), renderGuards(plan, colors)];
  return all.filter((block) => block !== "").join("\n\n");
}

/** Renders a run: a line for each stack, all problems, and a summary line. */
export function renderReport(plan: ChangePlan, results: readonly StackResult[], colors: Colors): string {
  const stacks = stacksOf(plan);
  const planOf = new Map(stacks.map((stack) => [stack.stack, stack]));
  const lines = results
    .filter(({ skipped }) => !skipped)
    .map((result) => outcomeLine(result, planOf.get(result.stack), colors));
  const problems = [...stacks.map((stack) => renderProblems(stack, colors)), renderRefusals(plan, colors)];
  return [
    ...(lines.length === 0 ? [] : [lines.join("\n")]),
    ...problems.filter((block) => block !== ""),
    summarize(results, summaryOf(plan.done, "done"), colors),
  ].join("\n\n");
}

/** All dangers of a run in one place, because a reviewer of many stacks would miss one. */
function renderDangers(plan: ChangePlan, colors: Colors): string {
  const lines = placedDangers(plan).map(({ event, place }) =>
    colors.red(`  ! ${printable(`${place}: ${dangerText(event)}`)}`),
  );
  return lines.length === 0 ? "" : [colors.bold("Dangers"), ...lines].join("\n");
}

const DANGER_NOUNS = { data: "data loss", access: "access opened", money: "money" } as const;

/** `3 dangers: data loss, money` */
function dangerCount({ dangers }: ChangePlan): string {
  const kinds = DANGERS.filter((danger) => dangers[danger] > 0);
  const number = kinds.reduce((sum, danger) => sum + dangers[danger], 0);
  if (number === 0) return "";
  return `${count(number, "danger")}: ${kinds.map((danger) => DANGER_NOUNS[danger]).join(", ")}`;
}

/** Errors and warnings of a stack, and what was removed from its YAML; empty if there are none. */
function renderProblems(stack: StackPlan, colors: Colors): string {
  const removals = stack.removals.map(
    ({ message, remedy }) =>
      `  ${colors.red("refused:")} ${indented(message)}\n    ${colors.cyan(indented(remedy))}`,
  );
  // The engine reports that a removed resource is protected. The removal explains this better.
  const isSaid = ({ message }: EngineDiagnostic) =>
    removals.length > 0 && message.includes("because it is protected");
  const told = stack.problems.filter((problem) => !isSaid(problem));
  const problems = told.map(({ severity, message, urn }) => {
    const head = severity === "error" ? colors.red("error:") : colors.yellow("warning:");
    const resource = urn?.split("::").at(-1);
    const of =
      resource === undefined || urn?.includes("pulumi:pulumi:Stack") ? "" : `${printable(resource)}: `;
    return `  ${head} ${of}${indented(message)}`;
  });
  const all = [...removals, ...problems];
  return all.length === 0 ? "" : [colors.bold(printable(stack.stack)), ...all].join("\n");
}

function indented(message: string): string {
  return message
    .split("\n")
    .map((line, index) => (index === 0 ? printable(line) : `    ${printable(line)}`))
    .join("\n");
}

function outcomeLine(
  { stack, outcome, seconds }: StackResult,
  plan: StackPlan | undefined,
  colors: Colors,
): string {
  const summary = plan === undefined ? "" : summaryOf(plan.done, "done");
  const did = summary === "" ? "" : `  ${summary}${outcome === "failed" ? " before it failed" : ""}`;
  const took = seconds > 0 ? colors.dim(`  ${formatSeconds(seconds)}`) : "";
  return `${paintOutcome(outcome, colors)} ${stack}${did}${took}`;
}

const WIDTH = "not started".length;

function paintOutcome(outcome: Outcome, colors: Colors): string {
  const text = outcome.padEnd(WIDTH);
  if (outcome === "failed" || outcome === "refused") return colors.red(text);
  if (outcome === "done") return colors.green(text);
  return outcome === "not started" ? colors.yellow(text) : colors.dim(text);
}

function summarize(results: readonly StackResult[], what: string, colors: Colors): string {
  const parts = (["done", "changes", "unchanged", "refused", "failed", "not started"] as const).flatMap(
    (outcome) => countOutcome(results, outcome),
  );
  if (results.length === 0) return "No stack is affected.";
  return `${colors.bold(count(results.length, "stack"))}: ${parts.join(", ")}${what && ` (${what})`}`;
}

function countOutcome(results: readonly StackResult[], outcome: Outcome): string[] {
  const these = results.filter((result) => result.outcome === outcome);
  if (these.length === 0) return [];
  const skipped = these.filter((result) => result.skipped).length;
  const note = skipped === 0 ? "" : ` (${skipped} skipped: up to date since their last run)`;
  return [`${these.length} ${outcome === "changes" ? "with changes" : outcome}${note}`];
}
