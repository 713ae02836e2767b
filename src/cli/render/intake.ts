import { printable } from "@tenantry/core/printable";
import type { IntakeResult } from "../../intake/intake.ts";
import { count } from "../../shared/format.ts";
import type { Colors } from "./colors.ts";

const WIDTH = "unchanged".length;

/** Renders the result of each manifest: what was added, what the product keeps managing, what was skipped, and why. */
export function renderIntake(organizations: readonly IntakeResult[], colors: Colors): string {
  const written = organizations.filter(({ outcome }) => outcome === "written").length;
  const next =
    written === 0
      ? "Nothing to write."
      : `${count(written, "manifest")} written: review ${written === 1 ? "it" : "them"}, commit, then run tenantry up.`;
  return [...organizations.map((each) => renderOne(each, colors)), next].join("\n");
}

function renderOne({ file, outcome, added, left, skipped, problems }: IntakeResult, colors: Colors): string {
  const paint = { written: colors.green, unchanged: colors.dim, refused: colors.red }[outcome];
  return [
    `${paint(outcome.padEnd(WIDTH))} ${file}`,
    ...added.map((what) => colors.green(`  + ${printable(what)}`)),
    ...left.map(({ what, reason }) =>
      colors.dim(`    ${printable(what)} is still managed in the product: ${reason}`),
    ),
    ...skipped.map(
      ({ what, reason, remedy }) =>
        `  ${colors.red("!")} ${printable(`${what} is skipped: ${reason}`)}\n    ${colors.cyan(printable(remedy))}`,
    ),
    ...problems.map((problem) => `  ${colors.red("!")} ${printable(problem)}`),
  ].join("\n");
}
