import { ALWAYS, type Claim } from "../../claim.ts";
import { fieldOf, type Reading } from "../../reading.ts";
import { ownerKey, rederivedClaims, thingClaims, unmanagedKey } from "../say.ts";
import type { Words } from "../words.ts";

export const claimTokens: Words = {
  noun: "claim tokens",

  claims: (reading) => [
    ...(reading.isRemoved ? removedClaims(reading) : []),
    ...thingClaims(reading, {
      property: "tokens",
      subject: "claimTokens",
      noun: "claim token",
      verbs: { added: "creates", removed: "invalidates" },
      note: noteOf,
      lost: true,
    })
      .filter(() => !reading.isRemoved)
      .map(flagged),
    ...rederivedClaims(reading, "the values of the open claim tokens"),
  ],
};

/** The resource goes with its last token, or if the manifest leaves the tokens out. The guard tells which of the two. */
function removedClaims(reading: Reading): Claim[] {
  return reading.entries("tokens").map(({ name, changes }) => ({
    key: reading.key("tokens", "removed", name),
    partOf: [reading.key("tokens", name), unmanagedKey(reading, "claimTokens"), ownerKey(null)],
    changes,
  }));
}

/** A token that anybody may claim, or that makes an admin, opens access. */
function flagged(claim: Claim): Claim {
  const { draft } = claim;
  if (draft?.action !== "added") return { ...claim, besides: ALWAYS };
  const note = draft.item?.note ?? "";
  const opens = note.startsWith("admin") || note.includes("anybody");
  return opens ? { ...claim, draft: { ...draft, danger: "access" } } : claim;
}

function noteOf(token: unknown): string {
  const email = fieldOf(token, "email");
  return [
    String(fieldOf(token, "role") ?? ""),
    typeof email === "string" ? `for ${email}` : "for anybody with a verified address",
    `until ${String(fieldOf(token, "expires") ?? "")}`,
  ].join(", ");
}
