import { isRecord } from "@tenantry/core/is-record";
import { printable } from "@tenantry/core/printable";
import type { PropertyChange } from "../../changes/property-change.ts";
import type { Line } from "./tree.ts";
import { formatFields } from "./values.ts";

/**
 * Renders changes of a project's secrets by their names before and after. To a reviewer, a different name and a new value under
 * the same name are different changes, though both write a value that can't be shown.
 *
 * @returns the lines, and the changes that they don't cover
 */
export function secretLines(changes: readonly PropertyChange[]) {
  const values = changes.filter(({ segments }) => segments[0] === "secrets" && segments.length > 1);
  const sources = changes.filter(({ segments }) => segments[0] === "sources");
  const written = new Set(values.map(nameOf));
  const lines = [
    ...values.map((change) => line(change, sayValue(change))),
    ...sources.flatMap((change) => sourceLines(change, written)),
  ];
  const rest = changes.filter((change) => !values.includes(change) && !sources.includes(change));
  return { lines, rest };
}

const MARKS = { add: "+", update: "~", delete: "-" } as const;

function line(change: PropertyChange, text: string): Line {
  const name = printable(nameOf(change));
  return { mark: MARKS[change.kind], text: text === "" ? name : `${name}: ${text}`, depth: 1 };
}

function nameOf({ segments }: PropertyChange): string {
  return segments.slice(1).join(".");
}

function sayValue({ kind, sources: { before, after } = {} }: PropertyChange): string {
  if (kind === "delete") return printable(before ?? "");
  if (kind === "add") return printable(after ?? "");
  if (after === undefined) return "value changed";
  if (before === undefined) return `value changed; it comes from ${printable(after)}`;
  if (before === after) return `value of ${printable(after)} changed`;
  return `${printable(before)} → ${printable(after)}, with a different value`;
}

/** A different name for the same value, or all names if an earlier version of tenantry recorded none. */
function sourceLines(change: PropertyChange, written: ReadonlySet<string>): Line[] {
  const { segments, kind, before, after } = change;
  if (segments.length > 1) {
    if (written.has(nameOf(change))) return [];
    const said = [before, after].filter((name) => name !== undefined).map((name) => printable(String(name)));
    return [line(change, said.join(" → "))];
  }
  const unsaid = kind === "add" && isRecord(after) ? Object.entries(after) : [];
  const names = formatFields(Object.fromEntries(unsaid.filter(([name]) => !written.has(name))));
  return names === "" ? [] : [{ mark: "+", text: `names recorded: ${names}`, depth: 1 }];
}
