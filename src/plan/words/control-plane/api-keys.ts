import { ALWAYS, type Claim, type Draft } from "../../claim.ts";
import { changeOf, type Entry, fieldOf, type Reading } from "../../reading.ts";
import { inParentheses, rederivedClaims } from "../say.ts";
import { unmanagedClaims } from "../unmanaged.ts";
import type { Words } from "../words.ts";

export const apiKeys: Words = {
  noun: "API keys",

  claims: (reading) => [
    ...reading.entries("keys").map((entry) => keyClaim(reading, entry)),
    ...unmanagedClaims(reading, ["apiKeys"]),
    ...rederivedClaims(reading, "the values of the API keys"),
  ],
};

function keyClaim(reading: Reading, entry: Entry): Claim {
  return {
    key: reading.key("keys", entry.name),
    draft: draftOf(entry),
    besides: ALWAYS,
    changes: entry.changes,
  };
}

function draftOf(entry: Entry): Draft {
  const { name, kind, changes } = entry;
  const isWhole = changes.every(({ segments }) => segments.length <= 2);
  if (isWhole && kind === "add") {
    const rotate = fieldOf(entry.after, "rotate");
    const note = typeof rotate === "string" ? `rotation ${rotate}` : "";
    return {
      subject: "keys",
      action: "added",
      text: `creates the API key ${name}${inParentheses(note)}`,
      joined: { verb: "creates", noun: "API key" },
      item: { name, note },
    };
  }
  if (isWhole && kind === "delete")
    return {
      subject: "keys",
      action: "removed",
      text: `revokes the API key ${name} immediately`,
      joined: { verb: "immediately revokes", noun: "API key" },
      item: { name },
    };
  return changed(entry);
}

function changed(entry: Entry): Draft {
  const { name } = entry;
  const rotate = changeOf(entry, "rotate");
  if (rotate !== undefined) {
    const note = `rotation ${String(rotate.after ?? "none")}`;
    return {
      subject: "keys",
      action: "rotated",
      text: `rotates the API key ${name}${inParentheses(note)}`,
      joined: { verb: "rotates", noun: "API key" },
      item: { name, note },
    };
  }
  return {
    subject: "keys",
    action: "changed",
    text: `changes how long the previous value of the API key ${name} stays valid`,
    details: entry.changes,
  };
}
