import { type Claim, IF_DECLARED } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { entranceClaims } from "../people.ts";
import { fieldClaims, ownerKey, partOfOwner, thingClaims, transition } from "../say.ts";
import { unmanagedClaims, unmanagedGrantClaims } from "../unmanaged.ts";
import type { Words } from "../words.ts";

export const workspace: Words = {
  noun: "record of the workspace",

  claims: (reading) => [
    ...partOfOwner(reading, "state"),
    ...entranceClaims(reading, "access"),
    ...thingClaims(reading, {
      property: "apps",
      subject: "apps",
      noun: "app",
      verbs: { added: "adds", removed: "removes" },
    }),
    ...thingClaims(reading, {
      property: "connections",
      subject: "connections",
      noun: "connection",
      verbs: { added: "adds", removed: "removes" },
    }),
    ...thingClaims(reading, {
      property: "cron",
      subject: "cronJobs",
      noun: "cron job",
      verbs: { added: "adds", removed: "removes" },
    }),
    ...unmanagedClaims(reading, ["apps", "connections", "cron"]),
    ...unmanagedGrantClaims(reading, false),
    ...renamed(reading),
    ...fieldClaims(reading, [
      { property: "displayName", subject: "workspaces", label: "the workspace's displayed name" },
      { property: "expires", subject: "workspaces", label: "the last day of the workspace" },
      { property: "email", subject: "workspaces", label: "the workspace's e-mail address" },
      { property: "slack", subject: "workspaces", label: "the Slack channel" },
    ]),
    ...mirrors(reading),
  ],
};

function renamed(reading: Reading): Claim[] {
  const name = reading.isNew || reading.isRemoved ? undefined : reading.at("name");
  if (name === undefined) return [];
  return [
    {
      key: reading.key("name"),
      draft: {
        subject: "workspaces",
        action: "changed",
        text: `renames the workspace: ${transition(name)}`,
      },
      besides: IF_DECLARED,
      changes: [name],
    },
  ];
}

/** The record of where the project is. */
function mirrors(reading: Reading): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  return reading.of("projectRef", "projectUrl", "region").map((change) => ({
    key: reading.key(change.path),
    partOf: [ownerKey(reading.workspace), reading.key("name")],
    changes: [change],
  }));
}
