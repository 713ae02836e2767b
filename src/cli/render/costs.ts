import { printable } from "@tenantry/core/printable";
import { type CostTable, costTables, dueUnknownText, notPricedText } from "../../plan/cost-tables.ts";
import type { ChangePlan } from "../../plan/plan.ts";
import type { Colors } from "./colors.ts";

/** One table for each currency, and what has no price. If only one stack changes, its own line tells the amounts. */
export function renderCosts(plan: ChangePlan, colors: Colors): string[] {
  const tables = costTables(plan);
  const shown = tables.filter(({ rows }) => rows.length > 1).map((table) => renderTable(table, colors));
  const notes = [notPricedText(plan), shown.length === 0 ? "" : dueUnknownText(plan)].filter(
    (note) => note !== "",
  );
  return [...shown, ...(notes.length === 0 ? [] : [notes.map(printable).map(colors.dim).join("\n")])];
}

function renderTable({ currency, columns, rows, all }: CostTable, colors: Colors): string {
  const lines = [
    [`${currency} a month`, ...columns],
    ...[...rows, all].map(({ name, cells }) => [name, ...cells].map(printable)),
  ];
  const widths = ["", ...columns].map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const [head = "", ...rest] = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return [colors.bold(head), ...rest].join("\n");
}
