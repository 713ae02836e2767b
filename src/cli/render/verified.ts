import { printable } from "@tenantry/core/printable";
import { count } from "../../shared/format.ts";
import type { Verified } from "../../verify/verify.ts";
import type { Colors } from "./colors.ts";

const OUTCOMES = ["clean", "closed", "differs", "not verified"] as const;
const WIDTH = "not verified".length;

/**
 * Renders the result of one database, with each difference between what was expected and what was found.
 *
 * @param matrix whether to show the access of every caller
 */
export function renderVerified(verified: Verified, colors: Colors, matrix = false): string {
  const { stack, database, outcome, callers, cells, differences, reason } = verified;
  const tried =
    cells > 0 ? colors.dim(`  ${count(cells, "cell")} tested by ${count(callers.length, "caller")}`) : "";
  return [
    `${paint(outcome, colors)(outcome.padEnd(WIDTH))} ${stack}, ${database}${tried}`,
    ...(reason === null ? [] : [indented(reason)]),
    ...(matrix ? renderMatrix(callers, colors) : []),
    ...differences.flatMap((difference) => [
      `  ${colors.bold(printable(difference.subject))}${triedBy(difference.callers, colors)}`,
      `    ${colors.green("expected")} ${printable(difference.expected)}`,
      `    ${colors.red("found")}    ${printable(difference.found)}`,
    ]),
  ].join("\n");
}

function renderMatrix(callers: Verified["callers"], colors: Colors): string[] {
  const width = Math.max(0, ...callers.map(({ caller }) => caller.length));
  return callers.map(({ caller, expected, found }) => {
    const [reach, seen] = [renderReach(expected), renderReach(found)];
    const line = `  ${printable(caller).padEnd(width)}  ${colors.dim("expected")} ${reach}`;
    return reach === seen ? `${line}, as found` : `${line}${colors.red(`, found ${seen}`)}`;
  });
}

function renderReach({ reads, writes, calls }: Verified["callers"][number]["found"]): string {
  return `reads ${reads}, writes ${writes}, calls ${calls}`;
}

const SHOWN = 3;

function triedBy(callers: readonly string[] = [], colors: Colors): string {
  if (callers.length === 0) return "";
  const more = callers.length - SHOWN;
  const shown = callers.slice(0, SHOWN).join("; ");
  return colors.dim(printable(`, as ${shown}${more > 0 ? `; and ${more} more` : ""}`));
}

/** Renders the summary line. */
export function renderVerdict(databases: readonly Verified[], colors: Colors): string {
  const cells = databases.reduce((sum, each) => sum + each.cells, 0);
  const parts = OUTCOMES.flatMap((outcome) => {
    const number = databases.filter((each) => each.outcome === outcome).length;
    return number === 0 ? [] : [paint(outcome, colors)(`${number} ${outcome}`)];
  });
  return `\n${parts.join(", ")}; ${count(cells, "cell")} tested, then rolled back`;
}

function paint(outcome: Verified["outcome"], colors: Colors): (text: string) => string {
  if (outcome === "clean" || outcome === "closed") return colors.green;
  return outcome === "differs" ? colors.red : colors.yellow;
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `  ${printable(line)}`)
    .join("\n");
}
