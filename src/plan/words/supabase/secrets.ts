import type { PropertyChange } from "../../../changes/property-change.ts";
import { type Claim, type Draft, IF_DECLARED } from "../../claim.ts";
import { type Entry, fieldOf, type Reading } from "../../reading.ts";
import { inParentheses, partOfOwner } from "../say.ts";
import { unmanagedClaims } from "../unmanaged.ts";
import type { Words } from "../words.ts";

/**
 * Secrets are told by their names before and after. To a reviewer, a different name and a new value under the same name are
 * different changes, though both write a value that can't be shown.
 */
export const secrets: Words = {
  noun: "secrets",

  claims: (reading) => {
    const values = reading.entries("secrets");
    const written = new Set(values.map(({ name }) => name));
    return [
      ...values.map((entry) => valueClaim(reading, entry)),
      ...reading
        .entries("sources")
        .map((entry) => (written.has(entry.name) ? part(reading, entry) : sourceClaim(reading, entry))),
      ...unmanagedClaims(reading, []),
      ...partOfOwner(reading, "state", "project"),
    ];
  },
};

/** Secrets of connections follow from the connections. */
function connectionOf(reading: Reading, name: string): string[] {
  const [, connection] = /^CONNECTION_(.+)$/.exec(name) ?? [];
  return connection === undefined
    ? []
    : [reading.key("connections", connection.toLowerCase().replaceAll("_", "-"))];
}

function part(reading: Reading, { name, changes }: Entry): Claim {
  return {
    key: reading.key("sources", name),
    partOf: [...connectionOf(reading, name), reading.key("secrets", name)],
    changes,
  };
}

function valueClaim(reading: Reading, entry: Entry): Claim {
  const { name, changes } = entry;
  const source = sourcesOf(reading, entry);
  return {
    key: reading.key("secrets", name),
    partOf: entry.kind === "update" ? [] : connectionOf(reading, name),
    draft: draftOf(entry, source),
    besides: IF_DECLARED,
    changes,
  };
}

/** From the change itself, or from the sources of a resource that is created or deleted. */
function sourcesOf(reading: Reading, { name, changes }: Entry): NonNullable<PropertyChange["sources"]> {
  const own = changes.find(({ sources }) => sources !== undefined)?.sources;
  if (own !== undefined) return own;
  const all = reading.at("sources");
  const [before, after] = [fieldOf(all?.before, name), fieldOf(all?.after, name)];
  return {
    ...(typeof before === "string" ? { before } : {}),
    ...(typeof after === "string" ? { after } : {}),
  };
}

function draftOf({ name, kind }: Entry, { before, after }: NonNullable<PropertyChange["sources"]>): Draft {
  if (kind === "update")
    return {
      subject: "secrets",
      action: "changed",
      text: `changes the secret ${name}: ${valueText(before, after)}`,
      joined: { verb: "changes", noun: "secret" },
      item: { name, note: valueText(before, after) },
    };
  const [action, verb] = kind === "add" ? (["added", "sets"] as const) : (["removed", "removes"] as const);
  const source = kind === "add" ? after : before;
  const note = source === undefined ? "" : `from ${source}`;
  return {
    subject: "secrets",
    action,
    text: `${verb} the secret ${name}${inParentheses(note)}`,
    joined: { verb, noun: "secret" },
    item: { name, note },
  };
}

function valueText(before: string | undefined, after: string | undefined): string {
  if (after === undefined) return "value changed";
  if (before === undefined) return `value changed; it comes from ${after}`;
  if (before === after) return `value of ${after} changed`;
  return `${before} → ${after}, with a different value`;
}

/** A different name for the same value, or all names if an earlier version of tenantry recorded none. */
function sourceClaim(reading: Reading, entry: Entry): Claim {
  const { name, kind, changes } = entry;
  if (kind === "add" && changes.every(({ segments }) => segments.length === 1))
    return {
      key: JSON.stringify(["sources recorded"]),
      draft: {
        subject: "secrets",
        action: "changed",
        text: "records the names of the secrets; no value changes",
      },
      besides: IF_DECLARED,
      changes,
    };
  const [change] = changes;
  const said = [change?.before, change?.after].filter((value) => value !== undefined).map(String);
  return {
    key: reading.key("sources", name),
    draft: {
      subject: "secrets",
      action: "changed",
      text: `reads the secret ${name} under another name (${said.join(" → ")}); its value stays the same`,
    },
    besides: IF_DECLARED,
    changes,
  };
}
