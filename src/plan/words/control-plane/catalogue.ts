import { IF_DECLARED } from "../../claim.ts";
import { fieldClaims, ownerKey, thingClaims } from "../say.ts";
import type { Words } from "../words.ts";

export const catalogue: Words = {
  noun: "catalogue of plans",

  claims: (reading) => [
    ...thingClaims(reading, {
      property: "plans",
      subject: "plans",
      noun: "plan",
      verbs: { added: "offers", removed: "no longer offers" },
      note: () => "",
    }),
    ...thingClaims(reading, {
      property: "wallets",
      subject: "wallets",
      noun: "wallet",
      verbs: { added: "offers", removed: "no longer offers" },
      danger: ({ segments }) => (segments[2] === "creditAmount" ? "money" : undefined),
    }),
    ...fieldClaims(reading, [
      { property: "trial", subject: "plans", label: "the trial of new organizations", besides: IF_DECLARED },
      { property: "platform", subject: "settings", label: "the platform", besides: IF_DECLARED },
    ]),
    ...(reading.isNew || reading.isRemoved
      ? [{ key: reading.key(reading.step.urn), partOf: [ownerKey(reading.workspace)], changes: [] }]
      : []),
  ],
};
