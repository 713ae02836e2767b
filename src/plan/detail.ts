import { isRecord } from "@tenantry/core/is-record";
import type { PropertyChange } from "../changes/property-change.ts";
import { count } from "../shared/format.ts";
import { spaced, transition } from "./words/say.ts";

/** A value before and after, as lines of text. */
export interface Detail {
  /** `grants › authenticated: select → select, insert` */
  readonly text: string;
  readonly kind: PropertyChange["kind"];
  readonly replaces: boolean;
  /** The lines that differ, if a value has several. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Describes a change of a property on one line; for a text of several lines, by the lines that differ. Long values are cut. */
export function detailOf(change: PropertyChange): Detail {
  const { before, after } = change;
  return `${textOf(before)}${textOf(after)}`.includes("\n") ? inLines(change) : inOneLine(change);
}

/** Describes a change of a property without cutting a value. */
export function fullDetailOf(change: PropertyChange): Detail {
  const { before, after } = change;
  const isShort = [before, after].every((value) => !isRecord(value) && formatted(value).length <= SHORT);
  return isShort && detailOf(change).removed.length + detailOf(change).added.length === 0
    ? inOneLine(change)
    : inLines(change);
}

/** `formatValue` cuts longer values. */
const SHORT = 60;

function formatted(value: unknown): string {
  return value === undefined ? "" : (JSON.stringify(value, null, 2) ?? "");
}

function inOneLine(change: PropertyChange): Detail {
  const { kind, replaces } = change;
  return { text: `${pathOf(change)}: ${transition(change)}`, kind, replaces, removed: [], added: [] };
}

function pathOf({ segments }: PropertyChange): string {
  return segments.map(spaced).join(" › ");
}

function inLines(change: PropertyChange): Detail {
  const { before, after, kind, replaces } = change;
  const path = pathOf(change);
  const [old, next] = [before, after].map((value) => (typeof value === "string" ? value : formatted(value)));
  const { removed, added } = differingLines(linesOf(old ?? ""), linesOf(next ?? ""));
  const sides = [removed, added].map((lines) => count(lines.length, "line"));
  return { text: `${path}: ${sides.join(" → ")}`, kind, replaces, removed, added };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.trimEnd().split("\n");
}

/** The lines of two texts without those that they share at the beginning and the end. */
function differingLines(before: readonly string[], after: readonly string[]) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { removed: before.slice(start, before.length - end), added: after.slice(start, after.length - end) };
}
