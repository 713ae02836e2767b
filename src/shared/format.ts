import { isRecord } from "@tenantry/core/is-record";
import { printable } from "@tenantry/core/printable";

const WIDTH = 72;

/** Formats a value in one short line. Longer values are cut. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return formatText(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : cut(value.map(formatValue).join(", "));
  if (isRecord(value)) return cut(formatFields(value));
  return value === null || value === undefined ? "none" : String(value);
}

/** Formats the fields of a map, without those that are null or undefined. */
export function formatFields(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => `${printable(key)}: ${formatValue(value)}`)
    .join(", ");
}

function formatText(text: string): string {
  if (text === "") return '""';
  const lines = text.trimEnd().split("\n");
  if (lines.length > 1) return `${cut(printable(lines[0] ?? ""))} (${lines.length} lines)`;
  return cut(printable(text));
}

function cut(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}

/** `1 organization`, `2 organizations` */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? noun : pluralOf(noun)}`;
}

const IRREGULAR: Readonly<Record<string, string>> = { person: "people" };

function pluralOf(noun: string): string {
  const irregular = IRREGULAR[noun];
  if (irregular !== undefined) return irregular;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

/** Formats a duration: `0.4 s`, `12 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
