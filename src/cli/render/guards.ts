import { printable } from "@tenantry/core/printable";
import { guardItemText, guardPlace, guardSentence, shownGuards } from "../../guards/words.ts";
import type { ChangePlan, Guard, GuardRemedy } from "../../plan/plan.ts";
import { count } from "../../shared/format.ts";
import type { Colors } from "./colors.ts";

/** How many items and manifests are shown before only their number is. */
const SHOWN = 12;

/** How many lines of an entry are shown before only their number is. */
const LINES = 60;

/** Renders what guards refused, with the entries that would allow it, and what consents allow; empty if there is nothing. */
export function renderGuards(plan: ChangePlan, colors: Colors): string {
  const guards = shownGuards(plan);
  if (guards.length === 0) return "";
  return [colors.bold("Guards"), ...guards.flatMap((guard) => guardLines(guard, colors))].join("\n");
}

/** What guards refused, each in one line, for the report of a run whose preview showed the rest; empty if they refused nothing. */
export function renderRefusals(plan: ChangePlan, colors: Colors): string {
  const refused = plan.guards.filter(({ verdict }) => verdict === "refused");
  if (refused.length === 0) return "";
  return [colors.bold("Guards"), ...refused.map((guard) => headLine(guard, colors))].join("\n");
}

function guardLines(guard: Guard, colors: Colors): string[] {
  return [
    headLine(guard, colors),
    ...within(guard.items, "item", (item) => [`      ${printable(guardItemText(item, guard))}`]),
    ...within(guard.remedies, "manifest", (remedy) => remedyLines(remedy, colors)),
  ];
}

function headLine(guard: Guard, colors: Colors): string {
  const verdict = guard.verdict === "refused" ? colors.red("refused:") : colors.green("consented:");
  return `  ${verdict} ${printable(`${guardPlace(guard)} ${guardSentence(guard)}`)}`;
}

function remedyLines({ file, yaml }: GuardRemedy, colors: Colors): string[] {
  const lines = yaml.trimEnd().split("\n");
  const rest = lines.length - LINES;
  return [
    colors.cyan(`    Have it approved, and add to \`consents\` in ${printable(file)}:`),
    ...lines.slice(0, LINES).map((line) => `      ${printable(line)}`),
    ...(rest > 0 ? [`      … ${count(rest, "more line")}; --json has the whole entry`] : []),
  ];
}

function within<Item>(
  items: readonly Item[],
  noun: string,
  linesOf: (item: Item) => readonly string[],
): string[] {
  const rest = items.length - SHOWN;
  return [
    ...items.slice(0, SHOWN).flatMap(linesOf),
    ...(rest > 0 ? [`      … and ${count(rest, `more ${noun}`)}`] : []),
  ];
}
