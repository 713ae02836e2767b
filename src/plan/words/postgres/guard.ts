import type { PropertyChange } from "../../../changes/property-change.ts";
import type { Claim } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { personKey } from "../people.ts";
import { foundClaims, grantsKey, ownerKey, partOfOwner, unmanagedKey } from "../say.ts";
import type { Words } from "../words.ts";
import { accessTopic } from "./row-security.ts";

/** It revokes what isn't declared. What the manifest declares is described by the resources that grant it. */
export const guard: Words = {
  noun: "guard of the database",

  claims: (reading) => [
    ...(reading.isNew || reading.isRemoved
      ? [{ key: reading.step.urn, partOf: [ownerKey(reading.workspace)], changes: [] }]
      : []),
    ...foundClaims(reading, "open", {
      subject: "access",
      one: "revokes undeclared access",
      joined: { verb: "revokes", noun: "case", suffix: "of undeclared access" },
    }),
    ...partOfOwner(reading, "state"),
    ...reading.of("name").map((change) => ({
      key: reading.key("guard", "name"),
      partOf: [reading.key("name")],
      changes: [change],
    })),
    ...reading.of("workspace").flatMap((change) => peopleClaims(reading, change)),
    ...reading.of("tables", "functions", "schemas").map((change) => accessClaim(change)),
  ],
};

/** `workspace.members["ada@acme.example"]` */
function peopleClaims(reading: Reading, change: PropertyChange): Claim[] {
  const [, part, email] = change.segments;
  if (part === "unmanaged" || part === "unmanagedGrants") return [unmanagedClaim(reading, change)];
  if (part !== "members") return [];
  const people = email === undefined ? [...keysOf(change.before), ...keysOf(change.after)] : [email];
  return [
    {
      key: reading.key("guard", change.path),
      partOf: [
        ...people.flatMap((person) => [
          personKey(person),
          JSON.stringify(["enters", person]),
          JSON.stringify(["leaves", person]),
          JSON.stringify(["role in workspaces", person]),
        ]),
        ownerKey(reading.workspace),
      ],
      changes: [change],
    },
  ];
}

/** The organization's resources tell of it. */
function unmanagedClaim(reading: Reading, change: PropertyChange): Claim {
  const [, part, name] = change.segments;
  const names = name === undefined ? [...keysOf(change.before), ...keysOf(change.after)] : [name];
  return {
    key: reading.key("guard", change.path),
    partOf: names.map((each) => (part === "unmanaged" ? unmanagedKey(reading, each) : grantsKey(each))),
    changes: [change],
  };
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

/** The row security that changes with it says who gets what. */
function accessClaim(change: PropertyChange): Claim {
  return {
    key: JSON.stringify(["guarded access", change.path, change.before ?? null, change.after ?? null]),
    partOf: [accessTopic(change.segments[1] ?? "")],
    draft: {
      subject: "privileges",
      action: "changed",
      text: "changes which access to the database the guard leaves open",
      details: [change],
    },
    changes: [change],
  };
}
