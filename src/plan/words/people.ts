import { type Claim, type Draft, IF_KEPT } from "../claim.ts";
import { changeOf, type Entry, fieldOf, type Reading } from "../reading.ts";
import { inParentheses, unmanagedKey } from "./say.ts";

const RANK: Readonly<Record<string, number>> = { member: 1, admin: 2, owner: 3 };

/** The key of what happens to a person in the organization, whichever resources it touches. */
export function personKey(email: string): string {
  return JSON.stringify(["person", email]);
}

/**
 * Somebody joins or leaves the organization, or gets another role.
 *
 * @param inNew whether the organization is new, so that there is nothing yet that an admin could reach
 */
export function personDraft(entry: Entry, inNew: boolean): Draft | undefined {
  const { name: email } = entry;
  if (entry.kind === "add" && isWhole(entry)) {
    const role = String(fieldOf(entry.after, "role") ?? "member");
    const opens = RANK[role] !== 1 && !inNew;
    return {
      subject: "people",
      action: "added",
      text: `adds ${email}${inParentheses(role)}`,
      joined: { verb: "adds", noun: opens ? role : "person" },
      item: { name: email, note: role },
      ...(opens ? { danger: "access" } : {}),
    };
  }
  if (entry.kind === "delete" && isWhole(entry)) {
    const role = String(fieldOf(entry.before, "role") ?? "");
    return {
      subject: "people",
      action: "removed",
      text: `removes ${email}${inParentheses(role)}`,
      joined: { verb: "removes", noun: "person" },
      item: { name: email, note: role },
    };
  }
  const role = changeOf(entry, "role");
  return role === undefined ? undefined : roleDraft(email, String(role.before), String(role.after));
}

function isWhole({ changes }: Entry): boolean {
  return changes.every(({ segments }) => segments.length <= 2);
}

function roleDraft(email: string, before: string, after: string): Draft {
  const base = { subject: "people", action: "changed" } as const;
  if (after === "owner")
    return { ...base, text: `${email} becomes the owner (was ${before})`, danger: "access" };
  const isRaised = (RANK[after] ?? 0) > (RANK[before] ?? 0);
  const note = `${before} → ${after}`;
  return {
    ...base,
    text: `${email} becomes ${after} (was ${before})`,
    joined: isRaised
      ? { verb: "makes", noun: "person", suffix: `${after}s` }
      : { verb: "changes the role of", noun: "person" },
    item: { name: email, note },
    ...(isRaised ? { danger: "access" } : {}),
  };
}

/**
 * Who may enter a workspace, or its database. Usually this follows from a person who joins, leaves or gets another role, and is
 * part of that event.
 *
 * @param property the map of people by e-mail address
 */
export function entranceClaims(reading: Reading, property: string): Claim[] {
  const isTakenOver = reading
    .entries("unmanaged")
    .some(({ name, kind }) => name === "members" && kind === "delete");
  return reading.entries(property).map((entry): Claim => {
    const { name: email, kind, changes } = entry;
    // Who was left in place could enter already, although the record of a closed workspace has nobody.
    const partOf = [personKey(email), ...(isTakenOver ? [unmanagedKey(reading, "members")] : [])];
    if (kind === "update" || !isWhole(entry))
      return { key: JSON.stringify(["role in workspaces", email]), partOf, changes };
    const opens = kind === "add";
    return {
      key: JSON.stringify([opens ? "enters" : "leaves", email]),
      partOf,
      draft: opens
        ? {
            subject: "access",
            action: "added",
            text: `lets ${email} enter`,
            joined: { verb: "lets", noun: "person", suffix: "enter" },
            item: { name: email },
          }
        : {
            subject: "access",
            action: "removed",
            text: `shuts out ${email}`,
            joined: { verb: "shuts out", noun: "person" },
            item: { name: email },
          },
      changes,
      ...(opens ? {} : { besides: IF_KEPT.filter((lifecycle) => lifecycle === "activated") }),
    };
  });
}
