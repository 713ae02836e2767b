import { type Claim, type Draft, IF_KEPT } from "../../claim.ts";
import { changeOf, type Entry, fieldOf } from "../../reading.ts";
import { foundClaims, ownerKey, partOfOwner } from "../say.ts";
import type { Words } from "../words.ts";
import { deletesData } from "./deletes.ts";

/** The schema is the same in every workspace, so a change of it is listed once. */
export const schema: Words = {
  noun: "schema of the database",

  claims: (reading) => {
    if (reading.isNew || reading.isRemoved)
      return [{ key: reading.step.urn, partOf: [ownerKey(reading.workspace)], changes: [] }];
    return [
      ...partOfOwner(reading, "state", "project"),
      ...reading.entries("migrations").map((entry) => scriptClaim(entry, migrationDraft(entry))),
      ...reading.entries("definitions").map((entry) => scriptClaim(entry, definitionDraft(entry))),
      ...foundClaims(reading, "drift", {
        subject: "schema",
        one: "restores a changed object of the database",
        joined: { verb: "restores", noun: "changed object", suffix: "of the database" },
      }),
      ...reading.of("schemas").map((change) => ({
        key: JSON.stringify(["schemas", change.after ?? null]),
        draft: {
          subject: "schema" as const,
          action: "changed" as const,
          text: "changes which schemas tenantry manages",
          details: [change],
        },
        besides: IF_KEPT,
        changes: [change],
      })),
    ];
  },
};

function scriptClaim(entry: Entry, draft: Draft): Claim {
  const [first] = entry.changes;
  return {
    key: JSON.stringify(["script", first?.segments[0] ?? "", entry.name, checksumOf(entry)]),
    draft,
    besides: IF_KEPT,
    changes: entry.changes,
  };
}

/** Distinguishes the versions of a script that databases may get. */
function checksumOf(entry: Entry): string {
  return String(
    changeOf(entry, "checksum")?.after ??
      fieldOf(entry.after, "checksum") ??
      fieldOf(entry.before, "checksum"),
  );
}

function migrationDraft(entry: Entry): Draft {
  const { name, kind } = entry;
  const sql = String(fieldOf(entry.after, "sql") ?? changeOf(entry, "sql")?.after ?? "");
  const base = { subject: "schema", details: sqlOf(entry) } as const;
  if (kind === "add" && deletesData(sql))
    return {
      ...base,
      action: "added",
      text: `applies the migration ${name}, which deletes data`,
      danger: "data",
    };
  const verb = kind === "add" ? "applies" : kind === "delete" ? "no longer declares" : "changes";
  return {
    ...base,
    action: kind === "add" ? "added" : kind === "delete" ? "removed" : "changed",
    text: `${verb} the migration ${name}`,
    joined: { verb, noun: "migration" },
    item: { name },
  };
}

function definitionDraft(entry: Entry): Draft {
  const { name, kind } = entry;
  const verb = kind === "add" ? "adds" : kind === "delete" ? "drops" : "changes";
  return {
    subject: "schema",
    action: kind === "add" ? "added" : kind === "delete" ? "removed" : "changed",
    text: `${verb} the definition ${name}`,
    joined: { verb, noun: "definition" },
    item: { name },
    details: sqlOf(entry),
  };
}

function sqlOf({ changes }: Entry): Draft["details"] & object {
  return changes.filter(({ segments }) => segments[2] !== "checksum");
}
