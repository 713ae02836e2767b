import type { Collection } from "../../shared/collections.ts";
import { count } from "../../shared/format.ts";
import { type Claim, type Draft, IF_DECLARED } from "../claim.ts";
import type { Subject } from "../plan.ts";
import type { Entry, Reading } from "../reading.ts";

/** How a collection is told that a manifest leaves out: the subject, the collection and one of its things. */
const COLLECTIONS: Readonly<Record<Collection, readonly [Subject, string, string]>> = {
  members: ["people", "members", "person"],
  invitations: ["invitations", "invitations", "invitation"],
  claimTokens: ["claimTokens", "claim tokens", "claim token"],
  wallets: ["wallets", "auto-reloads", "auto-reload"],
  apiKeys: ["keys", "API keys", "key"],
  connections: ["connections", "connections", "connection"],
  apps: ["apps", "apps", "app"],
  cron: ["cronJobs", "cron jobs", "cron job"],
};

const OF_ORGANIZATION: ReadonlySet<string> = new Set(["members", "invitations", "claimTokens", "wallets"]);

/** The key of the event that a collection is no longer managed, or is managed from now on. */
export function unmanagedKey(reading: Reading, collection: string): string {
  return OF_ORGANIZATION.has(collection)
    ? JSON.stringify(["unmanaged", collection])
    : reading.key("unmanaged", collection);
}

/**
 * A claim for each collection that the manifest begins or stops to leave out.
 *
 * @param told the collections that this resource tells of. For others, it is part of the event of another resource
 */
export function unmanagedClaims(
  reading: Reading,
  told: readonly Collection[],
  property = "unmanaged",
): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  return reading.entries(property).flatMap((entry): Claim[] => {
    const collection = told.find((each) => each === entry.name);
    const { changes } = entry;
    const key = unmanagedKey(reading, entry.name);
    if (collection === undefined) return [{ key: `${reading.step.urn} ${key}`, partOf: [key], changes }];
    return [{ key, draft: draftOf(collection, entry), besides: IF_DECLARED, changes }];
  });
}

function draftOf(collection: Collection, { kind, before, after }: Entry): Draft {
  const [subject, plural, thing] = COLLECTIONS[collection];
  if (kind === "add") {
    const stays = after === 1 ? `1 ${thing} stays` : `${count(Number(after), thing)} stay`;
    return {
      subject,
      action: "changed",
      text: `the ${plural} are no longer managed: ${after === 0 ? "what exists stays" : stays}`,
    };
  }
  if (kind === "delete") {
    const those =
      before === 1
        ? `the ${thing} of an earlier manifest stays only if it is listed`
        : `${before === 0 ? "those" : `the ${count(Number(before), thing)}`} of an earlier manifest stay only if listed`;
    return { subject, action: "changed", text: `manages the ${plural} from now on: ${those}` };
  }
  return { subject, action: "changed", text: `records which ${plural} are not managed` };
}

/** The key of the event that the workspaces of a member are no longer managed, or are managed from now on. */
export function grantsKey(email: string): string {
  return JSON.stringify(["unmanaged grants", email]);
}

/** A claim for each member whose workspaces the manifest begins or stops to leave out. */
export function unmanagedGrantClaims(
  reading: Reading,
  isTold: boolean,
  property = "unmanagedGrants",
): Claim[] {
  if (reading.isNew || reading.isRemoved) return [];
  return reading.entries(property).map(({ name: email, kind, changes }): Claim => {
    const key = grantsKey(email);
    if (!isTold) return { key: `${reading.step.urn} ${key}`, partOf: [key], changes };
    const stops = kind === "add";
    return {
      key,
      draft: {
        subject: "access",
        action: "changed",
        text: stops
          ? `the workspaces of ${email} are no longer managed: they stay`
          : `manages the workspaces of ${email} from now on`,
        joined: {
          verb: stops ? "no longer manages the workspaces of" : "manages the workspaces of",
          noun: "person",
        },
        item: { name: email },
      },
      besides: IF_DECLARED,
      changes,
    };
  });
}
