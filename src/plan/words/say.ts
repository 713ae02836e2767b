import type { PropertyChange } from "../../changes/property-change.ts";
import { UNKNOWN } from "../../changes/values.ts";
import { formatFields, formatValue } from "../../shared/format.ts";
import { ALWAYS, type Claim, type Draft, IF_DECLARED, type Lifecycle } from "../claim.ts";
import type { Subject } from "../plan.ts";
import type { Entry, Reading } from "../reading.ts";

/** `micro → small`; for an added value only the new one. */
export function transition({ kind, before, after }: PropertyChange): string {
  if (kind === "add") return formatValue(after);
  if (kind === "delete") return `${formatValue(before)} → none`;
  const [old, next] = [formatValue(before), after === UNKNOWN ? "known after the run" : formatValue(after)];
  return old === next ? `${next} (changed)` : `${old} → ${next}`;
}

/** `(admin)` with a leading space; nothing for no note. */
export function inParentheses(note: string): string {
  return note === "" ? "" : ` (${note})`;
}

/** How a map of declared things is told: API keys, apps, connections. */
export interface Things {
  readonly property: string;
  readonly subject: Subject;
  readonly noun: string;
  readonly verbs: { readonly added: string; readonly removed: string };
  /** What is said beside the name of one that is added or removed. Default: all its fields. */
  note?(value: unknown): string;
  /** The danger of a change to one that stays. */
  danger?(change: PropertyChange): Draft["danger"];
  /** Whether somebody loses something when the workspace is removed. */
  readonly lost?: boolean;
}

/** A claim for each entry of a map that is added, removed or changed. */
export function thingClaims(reading: Reading, things: Things): Claim[] {
  return reading.entries(things.property).map((entry) => ({
    key: reading.key(things.property, entry.name),
    draft: thingDraft(entry, things),
    besides: things.lost ? ALWAYS : IF_DECLARED,
    changes: entry.changes,
  }));
}

function thingDraft(entry: Entry, { subject, noun, verbs, note = noteOf, danger }: Things): Draft {
  const { name, kind } = entry;
  if (kind === "update" || entry.changes.some(({ segments }) => segments.length > 2)) {
    const fields = entry.changes.map(fieldText).join(", ");
    const reason = entry.changes.map((change) => danger?.(change)).find((each) => each !== undefined);
    return {
      subject,
      action: "changed",
      text: `changes the ${noun} ${name}: ${fields}`,
      joined: { verb: "changes", noun },
      item: { name, note: fields },
      ...(reason === undefined ? {} : { danger: reason }),
    };
  }
  const action = kind === "add" ? "added" : "removed";
  const said = note(kind === "add" ? entry.after : entry.before);
  return {
    subject,
    action,
    text: `${verbs[action]} the ${noun} ${name}${inParentheses(said)}`,
    joined: { verb: verbs[action], noun },
    item: { name, note: said },
  };
}

function noteOf(value: unknown): string {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? formatFields(value as Readonly<Record<string, unknown>>)
    : "";
}

/** `role: member → admin` */
function fieldText(change: PropertyChange): string {
  const path = change.segments.slice(2).map(spaced).join(" › ");
  return path === "" ? transition(change) : `${path}: ${transition(change)}`;
}

/** How a single field is told. */
export interface Field {
  readonly property: string;
  readonly subject: Subject;
  /** `the size of the database` */
  readonly label: string;
  readonly besides?: readonly Lifecycle[];
  readonly danger?: Draft["danger"] | ((change: PropertyChange) => Draft["danger"]);
}

/** A claim for each of these fields that changes. Fields of new resources are part of the event that tells of the resource. */
export function fieldClaims(reading: Reading, fields: readonly Field[]): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  return fields.flatMap(({ property, subject, label, besides, danger }) =>
    reading.of(property).map((change): Claim => {
      const within = change.segments.slice(1).map(spaced).join(" › ");
      const what = within === "" ? label : `${label}, ${within}`;
      const reason = typeof danger === "function" ? danger(change) : danger;
      return {
        key: reading.key(change.path),
        draft: {
          subject,
          action: "changed",
          text: `changes ${what}: ${transition(change)}`,
          ...(reason === undefined ? {} : { danger: reason }),
        },
        changes: [change],
        ...(besides === undefined ? {} : { besides }),
      };
    }),
  );
}

/** How differences are told that a refresh found. */
interface Found {
  readonly subject: Subject;
  /** The sentence about a single difference, without its name. */
  readonly one: string;
  readonly joined: NonNullable<Draft["joined"]>;
}

/** A claim for what a refresh found to differ, and what the run restores or revokes. */
export function foundClaims(reading: Reading, property: string, { subject, one, joined }: Found): Claim[] {
  return reading.entries(property).map(({ name, before, changes }) => {
    const note = before === undefined || before === "not declared" ? "" : formatValue(before);
    return {
      key: reading.key(property, name),
      draft: {
        subject,
        action: "removed",
        text: `${one}: ${name}${inParentheses(note)}`,
        joined,
        item: { name, note },
      },
      besides: IF_DECLARED,
      changes,
    };
  });
}

/** A claim for values that are derived from a new root secret. */
export function rederivedClaims(reading: Reading, what: string): Claim[] {
  const changes = reading.of("derivedFrom");
  if (changes.length === 0 || reading.isNew || reading.isRemoved) return [];
  return [
    {
      key: `derived ${what}`,
      draft: { subject: "credentials", action: "rotated", text: `derives ${what} from the new root secret` },
      besides: IF_DECLARED,
      changes,
    },
  ];
}

/** Part of the event about the workspace, the organization or the platform that a step belongs to. */
export function partOfOwner(reading: Reading, ...names: readonly string[]): Claim[] {
  return reading.of(...names).map((change) => ({
    key: reading.key(reading.step.urn, change.path),
    partOf: [ownerKey(reading.workspace)],
    changes: [change],
  }));
}

/** The key of the event about a workspace as a whole; about the organization or the platform if there is none. */
export function ownerKey(workspace: string | null): string {
  return JSON.stringify([workspace, "lifecycle"]);
}

const OF_ORGANIZATION: ReadonlySet<string> = new Set(["members", "invitations", "claimTokens", "wallets"]);

/** The key of the event that a collection is no longer managed, or is managed from now on. */
export function unmanagedKey(reading: Reading, collection: string): string {
  return OF_ORGANIZATION.has(collection)
    ? JSON.stringify(["unmanaged", collection])
    : reading.key("unmanaged", collection);
}

/** The key of the event that the workspaces of a member are no longer managed, or are managed from now on. */
export function grantsKey(email: string): string {
  return JSON.stringify(["unmanaged grants", email]);
}

/** `autoReload` → `auto reload` */
export function spaced(name: string): string {
  return /^[a-z]+([A-Z][a-z]+)+$/.test(name) ? name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase() : name;
}
