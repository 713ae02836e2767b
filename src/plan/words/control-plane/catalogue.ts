import type { PropertyChange } from "../../../changes/property-change.ts";
import { type Claim, IF_DECLARED } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { fieldClaims, ownerKey, thingClaims, transition } from "../say.ts";
import type { Words } from "../words.ts";

/** Without a lease, a workspace stays open to people whose access can no longer be revoked. */
function stayOpenClaim(reading: Reading, change: PropertyChange): Claim {
  const opens = change.kind === "add";
  const text = {
    add: `keeps workspaces open while no process renews their lease: ${transition(change)}`,
    update: `changes the reason why workspaces stay open: ${transition(change)}`,
    delete: "closes workspaces while no process renews their lease",
  }[change.kind];
  return {
    key: reading.key(change.path),
    draft: { subject: "settings", action: "changed", text, ...(opens ? { danger: "access" } : {}) },
    besides: IF_DECLARED,
    changes: [change],
  };
}

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
    ...reading.of("stayOpen").map((change) => stayOpenClaim(reading, change)),
    ...(reading.isNew || reading.isRemoved
      ? [{ key: reading.key(reading.step.urn), partOf: [ownerKey(reading.workspace)], changes: [] }]
      : []),
  ],
};
