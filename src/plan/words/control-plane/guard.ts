import { ALWAYS, type Claim } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { personKey } from "../people.ts";
import { foundClaims, ownerKey } from "../say.ts";
import { unmanagedClaims, unmanagedGrantClaims } from "../unmanaged.ts";
import type { Words } from "../words.ts";
import { STATE_KEY } from "./organization.ts";

/** It revokes what isn't declared. What the manifest declares is described by the resources that grant it. */
export const controlPlaneGuard: Words = {
  noun: "guard of the control plane",

  claims: (reading) => [
    ...foundClaims(reading, "open", {
      subject: "access",
      one: "revokes undeclared access",
      joined: { verb: "revokes", noun: "case", suffix: "of undeclared access" },
    }),
    ...reading.entries("members").map(({ name, changes }) => ({
      key: reading.key("guard", name),
      partOf: [personKey(name), ownerKey(null)],
      changes,
    })),
    ...reading.of("state").map((change) => ({
      key: reading.key("guard", "state"),
      partOf: [STATE_KEY, ownerKey(null)],
      changes: [change],
    })),
    ...reading.of("invitations").flatMap((change) => names(reading, change, "invitations")),
    ...reading.of("claimTokens").flatMap((change) => tokenClaims(reading, change)),
    ...unmanagedClaims(reading, ["claimTokens"]),
    ...unmanagedGrantClaims(reading, true),
    ...reading.entries("unmanagedKeys").map(({ name, changes }) => ({
      key: reading.key("unmanagedKeys", name),
      partOf: [JSON.stringify([reading.workspaceWith(name), "unmanaged", "apiKeys"])],
      changes,
    })),
    ...reading.of("workspaces").map((change) => workspaceClaim(reading, change)),
  ],
};

type Change = Reading["step"]["changes"][number];

/** A list of names. It is part of each thing that was added to the list or removed from it. */
function names(reading: Reading, change: Change, property: string): Claim[] {
  const [before, after] = [listed(change.before), listed(change.after)];
  const differing = [...before, ...after].filter((name) => before.includes(name) !== after.includes(name));
  return [
    {
      key: reading.key("guard", property),
      partOf: [...differing.map((name) => reading.key(property, name)), ownerKey(null)],
      changes: [change],
    },
  ];
}

/** It tells of tokens that go, because it revokes them even if no token is left and `ClaimTokens` is no longer declared. */
function tokenClaims(reading: Reading, change: Change): Claim[] {
  const after = listed(change.after);
  const gone = listed(change.before).filter((name) => !after.includes(name));
  if (reading.isNew || reading.isRemoved) return names(reading, change, "tokens");
  return [
    ...gone.map(
      (name): Claim => ({
        key: reading.key("tokens", name),
        draft: {
          subject: "claimTokens",
          action: "removed",
          text: `invalidates the claim token ${name}`,
          joined: { verb: "invalidates", noun: "claim token" },
          item: { name, note: "" },
        },
        besides: ALWAYS,
        changes: [change],
      }),
    ),
    ...names(reading, change, "tokens"),
  ];
}

function listed(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function workspaceClaim(reading: Reading, change: Change): Claim {
  const workspace = reading.workspaceWith(change.segments[1] ?? "");
  const [before, after] = [listed(change.before), listed(change.after)];
  const differing = [...before, ...after].filter((name) => before.includes(name) !== after.includes(name));
  return {
    key: reading.key("guard", workspace, change.segments[2] ?? ""),
    partOf: [
      ...differing.flatMap((name) => [
        personKey(name),
        JSON.stringify(["enters", name]),
        JSON.stringify(["leaves", name]),
        JSON.stringify([workspace, "keys", name]),
      ]),
      ownerKey(workspace),
      ownerKey(null),
    ],
    changes: [change],
  };
}
