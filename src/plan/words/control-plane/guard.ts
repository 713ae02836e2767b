import type { Claim } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { personKey } from "../people.ts";
import { foundClaims, ownerKey } from "../say.ts";
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
    ...reading.of("claimTokens").flatMap((change) => names(reading, change, "tokens")),
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
