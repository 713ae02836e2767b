import { ALWAYS, type Claim } from "../../claim.ts";
import { fieldOf } from "../../reading.ts";
import { rederivedClaims, thingClaims } from "../say.ts";
import type { Words } from "../words.ts";

export const claimTokens: Words = {
  noun: "claim tokens",

  claims: (reading) => [
    ...thingClaims(reading, {
      property: "tokens",
      subject: "claimTokens",
      noun: "claim token",
      verbs: { added: "creates", removed: "invalidates" },
      note: noteOf,
      lost: true,
    }).map(flagged),
    ...rederivedClaims(reading, "the values of the open claim tokens"),
  ],
};

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
