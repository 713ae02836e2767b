import type { PropertyChange } from "../../../changes/property-change.ts";
import { type Claim, type Draft, IF_KEPT } from "../../claim.ts";
import { changeOf, type Entry, fieldOf } from "../../reading.ts";
import { ownerKey, partOfOwner } from "../say.ts";
import type { Words } from "../words.ts";

type Effect = "weakens" | "tightens" | "changes" | "restores";

/** Who may see and write rows. Changes are told by table and shown in full. */
export const rowSecurity: Words = {
  noun: "row security",

  claims: (reading) => {
    if (reading.isNew) return [{ key: reading.step.urn, partOf: [ownerKey(reading.workspace)], changes: [] }];
    if (reading.isRemoved)
      return [
        {
          key: JSON.stringify(["row security", "removed"]),
          draft: {
            subject: "rowSecurity",
            action: "removed",
            text: "drops all policies; row security stays enabled, so no rows can be read",
          },
          besides: IF_KEPT,
          changes: [],
        },
      ];
    return [
      ...partOfOwner(reading, "state", "project"),
      ...reading.entries("tables").map((entry) => claimOf("table", entry, tableEffect(entry))),
      ...reading.entries("functions").map((entry) => claimOf("function", entry, functionEffect(entry))),
    ];
  },
};

function claimOf(what: "table" | "function", entry: Entry, effect: Effect): Claim {
  const { name, changes } = entry;
  const text =
    what === "table"
      ? `${effect} row security on ${shortName(name)}`
      : `${effect} the function ${shortName(name)} of row security`;
  const draft: Draft = {
    subject: "rowSecurity",
    action: "changed",
    text,
    // A changed condition may open rows, so a person has to read it.
    ...(effect === "weakens" || effect === "changes" ? { danger: "access" as const } : {}),
    details: changes,
  };
  return {
    key: JSON.stringify(["row security", name, valuesOf(changes)]),
    topic: accessTopic(name),
    draft,
    besides: IF_KEPT,
    changes,
  };
}

/** The topic of who may use a table, a function or a schema. */
export function accessTopic(name: string): string {
  return JSON.stringify(["access to", name]);
}

function shortName(name: string): string {
  return name.replace(/^public\./, "");
}

/** Databases that change differently are told separately. */
function valuesOf(changes: readonly PropertyChange[]): unknown {
  return changes.map(({ path, before, after }) => [path, before ?? null, after ?? null]);
}

function tableEffect(entry: Entry): Effect {
  const isWhole = entry.changes.every(({ segments }) => segments.length <= 2);
  // A table that is declared for the first time was closed, and one that is no longer declared will be.
  if (isWhole) return entry.kind === "delete" ? "tightens" : "weakens";
  return worst(entry.changes.map(changeEffect));
}

function changeEffect(change: PropertyChange): Effect {
  const [, , part, name, field] = change.segments;
  if (part === "open") return "restores";
  if (part === "grants") return listEffect(change);
  if (part !== "policies" || name === undefined) return "changes";
  if (field === undefined) return policyEffect(change);
  return field === "to" ? listEffect(change) : "changes";
}

/** A permissive policy opens rows and a restrictive one closes them. */
function policyEffect({ kind, before, after }: PropertyChange): Effect {
  if (kind === "update") return "changes";
  const isRestrictive = fieldOf(kind === "add" ? after : before, "as") === "restrictive";
  return (kind === "add") === isRestrictive ? "tightens" : "weakens";
}

/** Of roles or privileges: a longer list gives more. */
function listEffect({ before, after }: PropertyChange): Effect {
  const [had, has] = [listOf(before), listOf(after)];
  if (has.some((each) => !had.includes(each))) return "weakens";
  return had.some((each) => !has.includes(each)) ? "tightens" : "changes";
}

function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([role, list]) => listOf(list).map((each) => `${role} ${each}`));
}

function functionEffect(entry: Entry): Effect {
  const execute = changeOf(entry, "execute");
  const isWhole = entry.changes.every(({ segments }) => segments.length <= 2);
  if (isWhole) return entry.kind === "delete" ? "tightens" : "changes";
  const others = entry.changes.filter((change) => change !== execute);
  return worst([
    ...(execute === undefined ? [] : [listEffect(execute)]),
    ...others.map(() => "changes" as const),
  ]);
}

function worst(effects: readonly Effect[]): Effect {
  for (const effect of ["weakens", "changes", "restores"] as const)
    if (effects.includes(effect)) return effect;
  return "tightens";
}
