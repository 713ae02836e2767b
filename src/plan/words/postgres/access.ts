import type { PropertyChange } from "../../../changes/property-change.ts";
import { type Claim, IF_KEPT } from "../../claim.ts";
import { foundClaims, ownerKey, partOfOwner, transition } from "../say.ts";
import type { Words } from "../words.ts";
import { accessTopic } from "./row-security.ts";

export const access: Words = {
  noun: "roles and privileges of the database",

  claims: (reading) => {
    if (reading.isNew || reading.isRemoved)
      return [{ key: reading.step.urn, partOf: [ownerKey(reading.workspace)], changes: [] }];
    return [
      ...partOfOwner(reading, "state", "project"),
      ...foundClaims(reading, "undeclared", {
        subject: "privileges",
        one: "revokes an undeclared privilege in the database",
        joined: { verb: "revokes", noun: "undeclared privilege", suffix: "in the database" },
      }),
      ...reading
        .of(
          "roles",
          "memberships",
          "schemas",
          "extensions",
          "defaultPrivileges",
          "settings",
          "buckets",
          "elsewhere",
        )
        .map((change) => privilegeClaim(change)),
    ];
  },
};

const NAMES: Readonly<Record<string, string>> = {
  roles: "the database role",
  memberships: "the memberships of the database role",
  schemas: "who may use the schema",
  extensions: "the extension",
  defaultPrivileges: "the privileges of new objects",
  settings: "the settings of the database role",
  buckets: "the storage bucket",
  elsewhere: "what other resources declare in the database",
};

function privilegeClaim(change: PropertyChange): Claim {
  const [part = "", name] = change.segments;
  const what = [NAMES[part] ?? part, name].filter((word) => word !== undefined).join(" ");
  const verb = change.kind === "add" ? "adds" : change.kind === "delete" ? "removes" : "changes";
  const opens = part !== "extensions" && part !== "elsewhere" && change.kind !== "delete";
  return {
    key: JSON.stringify(["privilege", change.path, change.before ?? null, change.after ?? null]),
    ...(part === "schemas" && name !== undefined ? { topic: accessTopic(name) } : {}),
    draft: {
      subject: "privileges",
      action: change.kind === "add" ? "added" : change.kind === "delete" ? "removed" : "changed",
      text: `${verb} ${what}: ${transition(change)}`,
      ...(opens ? { danger: "access" } : {}),
    },
    besides: IF_KEPT,
    changes: [change],
  };
}
