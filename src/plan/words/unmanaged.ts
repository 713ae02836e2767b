import type { Collection } from "../../shared/collections.ts";
import { count } from "../../shared/format.ts";
import { type Claim, type Draft, IF_DECLARED } from "../claim.ts";
import type { Subject } from "../plan.ts";
import type { Entry, Reading } from "../reading.ts";
import { personKey } from "./people.ts";
import { grantsKey, unmanagedKey } from "./say.ts";

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
    const partOf = isFirst(entry) ? entryKeys(reading, collection) : [];
    return [{ key, partOf, draft: draftOf(collection, entry), besides: IF_DECLARED, changes }];
  });
}

/** Whether the manifest manages a collection of which nothing is recorded, so that its entries say everything. */
function isFirst({ kind, before }: Entry): boolean {
  return kind === "delete" && before === 0;
}

/** The keys of the events about the entries of a collection. */
function entryKeys(reading: Reading, collection: Collection): string[] {
  const names = (property: string) => reading.entries(property).map(({ name }) => name);
  if (collection === "members") return names("members").map(personKey);
  if (collection === "wallets") return names("wallets").map((name) => reading.key("wallet", name));
  if (collection === "apiKeys") return names("keys").map((name) => reading.key("keys", name));
  if (collection !== "claimTokens") return names(collection).map((name) => reading.key(collection, name));
  const tokens = reading.of("claimTokens").flatMap(({ after }) => (Array.isArray(after) ? after : []));
  return tokens.map((name) => reading.key("tokens", String(name)));
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
      partOf: stops ? [] : [JSON.stringify(["enters", email])],
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
