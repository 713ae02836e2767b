import { isRecord } from "@tenantry/core/is-record";
import type { PropertyChange } from "../changes/property-change.ts";
import type { Step } from "../changes/stack.ts";

/** The change of one entry of a map, such as of one member. */
export interface Entry {
  readonly name: string;
  readonly kind: PropertyChange["kind"];
  /** The entry's value, if the whole entry was added or removed. */
  readonly before: unknown;
  readonly after: unknown;
  /** The changes that it consists of. */
  readonly changes: readonly PropertyChange[];
}

/** A changing step, as the words of its resource read it. */
export class Reading {
  readonly step: Step;
  /** The workspace that it belongs to; null for the organization or the platform itself. */
  readonly workspace: string | null;

  /** The name of the workspace with an id; the id itself if the plan has none. */
  readonly workspaceWith: (id: string) => string;

  constructor(step: Step, workspace: string | null, workspaceWith: (id: string) => string) {
    this.step = step;
    this.workspace = workspace;
    this.workspaceWith = workspaceWith;
  }

  get isNew(): boolean {
    return this.step.action === "create" || this.step.action === "import";
  }

  get isRemoved(): boolean {
    return this.step.action === "delete";
  }

  /** Whether the step removes the record of something that an earlier run deleted. */
  get wasDeleted(): boolean {
    return this.isRemoved && this.at("state")?.before === "deleted";
  }

  /** A key that is distinct for each workspace. */
  key(...parts: readonly string[]): string {
    return JSON.stringify([this.workspace, ...parts]);
  }

  /** All changes at and below a property. */
  of(...names: readonly string[]): PropertyChange[] {
    return this.step.changes.filter(({ segments }) => names.includes(segments[0] ?? ""));
  }

  /** The change of a property as a whole; undefined if it, or only something in it, doesn't change. */
  at(name: string): PropertyChange | undefined {
    return this.step.changes.find(({ segments }) => segments.length === 1 && segments[0] === name);
  }

  /** The new value of a property, if it is a text. */
  text(name: string): string | undefined {
    const value = this.at(name)?.after;
    return typeof value === "string" ? value : undefined;
  }

  /** The changes of a map by entry. */
  entries(name: string): Entry[] {
    const byName = new Map<string, PropertyChange[]>();
    const entries: Entry[] = [];
    for (const change of this.of(name)) {
      const [, entry] = change.segments;
      if (entry === undefined) entries.push(...split(change));
      else byName.set(entry, [...(byName.get(entry) ?? []), change]);
    }
    for (const [entry, changes] of byName) entries.push(joined(entry, changes));
    return entries;
  }
}

/** A map that is added or removed at once. */
function split(change: PropertyChange): Entry[] {
  const { kind, before, after } = change;
  const names = new Set([...keysOf(before), ...keysOf(after)]);
  return [...names].map((name) => ({
    name,
    kind,
    before: isRecord(before) ? before[name] : undefined,
    after: isRecord(after) ? after[name] : undefined,
    changes: [change],
  }));
}

function keysOf(value: unknown): string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

function joined(name: string, changes: readonly PropertyChange[]): Entry {
  const whole = changes.find(({ segments }) => segments.length === 2);
  return { name, kind: whole?.kind ?? "update", before: whole?.before, after: whole?.after, changes };
}

/** A field of an entry that was added or removed as a whole. */
export function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** The change of a field within an entry. */
export function changeOf({ changes }: Entry, field: string): PropertyChange | undefined {
  return changes.find(({ segments }) => segments[2] === field);
}
