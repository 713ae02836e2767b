import { wholeUnits } from "../shared/currency.ts";
import { count } from "../shared/format.ts";
import { signed } from "./money.ts";
import type { Counts, DueToday, EventAction, EventItem, Monthly, PlanEvent, Subject } from "./plan.ts";

/** How many workspaces are named before only their number is. */
const NAMED = 3;

/** What happens and where. It may contain text that people typed: escape it. */
export function sentenceOf({ subject, action, text, workspaces, items }: PlanEvent): string {
  if (items.length > 1) return text;
  if (subject !== "people") return `${text}${whereOf(" in ", workspaces)}`;
  // A role holds in the whole organization.
  const said =
    action === "added" ? ", with access to " : action === "removed" ? ", who could enter " : undefined;
  return said === undefined ? text : `${text}${whereOf(said, workspaces)}`;
}

/** `ada@acme.example (member; production)` */
export function itemText({ name, note, workspaces }: EventItem): string {
  const said = [note, whereOf("", workspaces)].filter((part) => part !== "").join("; ");
  return said === "" ? name : `${name} (${said})`;
}

function whereOf(before: string, workspaces: readonly string[]): string {
  if (workspaces.length === 0) return "";
  return `${before}${workspaces.length > NAMED ? count(workspaces.length, "workspace") : workspaces.join(", ")}`;
}

/** The counts that a summary names, as a noun and what is to be done or was done. Others are summed up. */
const PHRASES: readonly (readonly [Subject, EventAction, string, string, string])[] = [
  ["databases", "removed", "database", "to delete", "deleted"],
  ["organizations", "added", "organization", "to create", "created"],
  ["organizations", "removed", "organization", "to remove", "removed"],
  ["workspaces", "added", "workspace", "to create", "created"],
  ["workspaces", "removed", "workspace", "to delete", "deleted"],
  ["workspaces", "suspended", "workspace", "to suspend", "suspended"],
  ["workspaces", "archived", "workspace", "to archive", "archived"],
  ["workspaces", "activated", "workspace", "to open again", "opened again"],
  ["people", "added", "person", "to add", "added"],
  ["people", "removed", "person", "to remove", "removed"],
  ["people", "changed", "role", "to change", "changed"],
  ["keys", "added", "key", "to create", "created"],
  ["keys", "removed", "key", "to revoke", "revoked"],
  ["keys", "rotated", "key", "to rotate", "rotated"],
  ["plans", "changed", "plan", "to change", "changed"],
];

/** Counted elsewhere: each workspace has one database. */
const UNSAID = new Set(["databases added"]);

/** `1 database to delete, 3 people to remove, 2 other changes` */
export function summaryOf(counts: Counts, tense: "ahead" | "done"): string {
  const said = PHRASES.flatMap(([subject, action, noun, ahead, done]) => {
    const number = counts[subject]?.[action];
    return number === undefined ? [] : [`${count(number, noun)} ${tense === "ahead" ? ahead : done}`];
  });
  const named = new Set([...PHRASES.map(([subject, action]) => `${subject} ${action}`), ...UNSAID]);
  const rest = Object.entries(counts).flatMap(([subject, actions]) =>
    Object.entries(actions).map(([action, number]) => (named.has(`${subject} ${action}`) ? 0 : number)),
  );
  const others = rest.reduce((sum, number) => sum + number, 0);
  if (others > 0) said.push(count(others, said.length === 0 ? "change" : "other change"));
  return said.join(", ");
}

/** `revenue 49 → 99 usd a month (+50)`; empty if it stays. */
export function monthlyChange(
  what: "revenue" | "infrastructure",
  { currency, before, after, delta }: Monthly,
): string {
  if (delta === 0) return "";
  return `${what} ${wholeUnits(before, currency)} → ${wholeUnits(after, currency)} ${currency} a month (${signed(delta, currency)})`;
}

/** `due today 31.50 usd`, or `due today: not asked`. */
export function dueText({ amount, currency, reason }: DueToday): string {
  return amount === null || currency === null
    ? `due today: ${reason}`
    : `due today ${wholeUnits(amount, currency)} ${currency}`;
}
