import { printable } from "@tenantry/core/printable";
import type { EngineDiagnostic } from "@tenantry/embedded-engine/interface";
import {
  addSummaries,
  countActions,
  hasChanges,
  type StackChanges,
  type Summary,
} from "../../changes/stack.ts";
import type { Outcome, StackResult } from "../../fleet/run.ts";
import type { Colors } from "./colors.ts";
import { layoutStack } from "./layout.ts";
import { renderTree } from "./tree.ts";
import { count, formatSeconds } from "./values.ts";

/** Renders a preview: the tree of each stack with changes, its problems, and a summary line. */
export function renderPreview(results: readonly StackResult[], colors: Colors): string {
  const blocks = results.map((result) => renderStack(result, colors)).filter((block) => block !== "");
  const total = addSummaries(results.map((result) => result.changes.summary));
  return [...blocks, summarize(results, summaryText(total, true), colors)].join("\n\n");
}

/** Renders a run: a line for each stack, all problems, and a summary line. */
export function renderReport(results: readonly StackResult[], colors: Colors): string {
  const lines = results.filter(({ skipped }) => !skipped).map((result) => outcomeLine(result, colors));
  const problems = results.map((result) => renderProblems(result, colors)).filter((block) => block !== "");
  const total = addSummaries(results.map((result) => doneSummary(result.changes)));
  return [
    ...(lines.length === 0 ? [] : [lines.join("\n")]),
    ...problems,
    summarize(results, summaryText(total, false), colors),
  ].join("\n\n");
}

function renderStack(result: StackResult, colors: Colors): string {
  const { changes } = result;
  const tree = hasChanges(changes) ? renderTree(titled(changes, colors), colors) : [];
  const problems = renderProblems(result, colors);
  if (tree.length === 0) return problems;
  return problems === "" ? tree.join("\n") : `${tree.join("\n")}\n\n${problems}`;
}

function titled(changes: StackChanges, colors: Colors) {
  const branch = layoutStack(changes);
  return {
    ...branch,
    label: `${colors.bold(branch.label)}  ${colors.dim(summaryText(changes.summary, true) || "outputs to change")}`,
  };
}

/** Errors and warnings of a stack, and what was removed from its YAML; empty if there are none. */
function renderProblems(result: StackResult, colors: Colors): string {
  const removals = result.changes.removals.map(
    ({ message, remedy }) =>
      `  ${colors.red("refused:")} ${indented(message)}\n    ${colors.cyan(indented(remedy))}`,
  );
  // The engine reports that a removed resource is protected. The removal explains this better.
  const isSaid = ({ message }: EngineDiagnostic) =>
    removals.length > 0 && message.includes("because it is protected");
  const told = result.changes.problems.filter((problem) => !isSaid(problem));
  const problems = told.map(({ severity, message, urn }) => {
    const head = severity === "error" ? colors.red("error:") : colors.yellow("warning:");
    const resource = urn?.split("::").at(-1);
    const of =
      resource === undefined || urn?.includes("pulumi:pulumi:Stack") ? "" : `${printable(resource)}: `;
    return `  ${head} ${of}${indented(message)}`;
  });
  const all = [...removals, ...problems];
  return all.length === 0 ? "" : [colors.bold(result.stack), ...all].join("\n");
}

function indented(message: string): string {
  return message
    .split("\n")
    .map((line, index) => (index === 0 ? printable(line) : `    ${printable(line)}`))
    .join("\n");
}

/** Counts finished steps only, not planned or running ones. */
function doneSummary(changes: StackChanges): Summary {
  return countActions(changes.steps.filter((step) => step.status === "done"));
}

function outcomeLine({ stack, outcome, changes, seconds }: StackResult, colors: Colors): string {
  const summary = summaryText(doneSummary(changes), false);
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

const VERBS = [
  ["create", "to create", "created"],
  ["update", "to change", "changed"],
  ["replace", "to replace", "replaced"],
  ["delete", "to delete", "deleted"],
  ["import", "to adopt", "adopted"],
] as const;

function summaryText(summary: Summary, ahead: boolean): string {
  const parts = VERBS.flatMap(([action, toDo, done]) => {
    const number = summary[action];
    return number === undefined ? [] : [`${number} ${ahead ? toDo : done}`];
  });
  return parts.join(", ");
}

function summarize(results: readonly StackResult[], what: string, colors: Colors): string {
  const parts = (["done", "changes", "unchanged", "refused", "failed", "not started"] as const).flatMap(
    (outcome) => countOutcome(results, outcome),
  );
  return `${colors.bold(count(results.length, "stack"))}: ${parts.join(", ") || "none"}${what && ` (${what})`}`;
}

function countOutcome(results: readonly StackResult[], outcome: Outcome): string[] {
  const these = results.filter((result) => result.outcome === outcome);
  if (these.length === 0) return [];
  const skipped = these.filter((result) => result.skipped).length;
  const note = skipped === 0 ? "" : ` (${skipped} skipped: up to date since their last run)`;
  return [`${these.length} ${outcome === "changes" ? "with changes" : outcome}${note}`];
}
