import type { Place } from "@tenantry/core/errors";
import { printable } from "@tenantry/core/printable";
import { type Excerpt, maskSecrets } from "./excerpt.ts";

/** Something wrong, or worth a warning, in a manifest: where it is, what was expected and found, and what mends it. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** The name of the rule, as `unknown-key` or `workspaces-within-plan`. */
  readonly rule: string;
  readonly place: Place;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** The edit that mends it. */
  readonly remedy?: string | undefined;
  /** The lines around the place; absent where there is no text to show. */
  readonly excerpt?: Excerpt | undefined;
}

/** Something wrong, worked out only when it is shown: finding its line means going through the text. */
export type Fault = () => Problem;

/** A file that is wrong all over is told by its first problems; thousands would only take time. */
export const MOST_PROBLEMS = 100;

/** Says that a file has more problems than are shown. */
export function moreProblems(count: number, file: string): Problem {
  return {
    severity: "error",
    rule: "more-problems",
    place: { file, line: 1, column: 1 },
    message: `there are ${count} more problems in this file`,
    remedy: "fix the problems above first",
  };
}

/** A problem as people read it: the message, the place, the lines with a caret, what was expected, and the remedy. */
export function renderProblem(problem: Problem): string {
  const { place, excerpt } = problem;
  const gutter = excerpt ? String(excerpt.line).length : 1;
  const pad = " ".repeat(gutter);
  const notes = [
    problem.expected === undefined ? undefined : `${pad} = expected ${printable(problem.expected)}`,
    problem.found === undefined ? undefined : `${pad} = found ${printable(problem.found)}`,
    problem.remedy === undefined ? undefined : `${pad} = ${printable(problem.remedy)}`,
  ].filter((note) => note !== undefined);
  return [
    `${problem.severity}[${problem.rule}]: ${printable(problem.message)}`,
    `${pad}--> ${printable(place.file)}:${place.line}:${place.column}`,
    ...(excerpt ? renderExcerpt(excerpt, gutter) : []),
    ...notes,
  ].join("\n");
}

function renderExcerpt(excerpt: Excerpt, gutter: number): string[] {
  const pad = " ".repeat(gutter);
  return [
    `${pad} |`,
    `${excerpt.line} | ${excerpt.text}`,
    `${pad} | ${" ".repeat(excerpt.caret)}${"^".repeat(excerpt.length)}`,
  ];
}

/** A value from a manifest in a few words, fit for a terminal. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") {
    const shown = maskSecrets(printable(value));
    return `\`${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}\``;
  }
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") {
    const keys = Object.keys(value);
    if (keys.length === 0) return "an empty map";
    const shown = keys.slice(0, 5).map((key) => `\`${maskSecrets(printable(key)).slice(0, 40)}\``);
    return `a map with ${shown.join(", ")}${keys.length > 5 ? ", …" : ""}`;
  }
  return `\`${String(value)}\``;
}

/** `1 error, 2 warnings` */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  return [count(errors, "error"), ...(warnings > 0 ? [count(warnings, "warning")] : [])].join(", ");
}
