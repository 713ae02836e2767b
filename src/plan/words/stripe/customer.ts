import { fieldClaims, foundClaims, ownerKey } from "../say.ts";
import type { Words } from "../words.ts";

export const customer: Words = {
  noun: "customer in Stripe",

  claims: (reading) => {
    if (reading.isNew || reading.isRemoved)
      return [
        {
          key: reading.key(reading.step.urn),
          partOf: [ownerKey(null)],
          draft: {
            subject: "billing",
            action: reading.isNew ? "added" : "archived",
            text: reading.isNew
              ? "creates the customer in Stripe"
              : "marks the customer in Stripe as archived",
          },
          changes: [],
        },
      ];
    return [
      ...reading.of("name").map((change) => ({
        key: reading.key(change.path),
        partOf: [reading.key("displayName")],
        changes: [change],
      })),
      ...reading.of("email").map((change) => ({
        key: reading.key(change.path),
        partOf: [reading.key("billingEmail")],
        changes: [change],
      })),
      ...foundClaims(reading, "drift", {
        subject: "billing",
        one: "restores a changed entry of the customer in Stripe",
        joined: { verb: "restores", noun: "changed entry", suffix: "of the customer in Stripe" },
      }),
    ].concat(
      fieldClaims(reading, [{ property: "brand", subject: "billing", label: "the customer's owner" }]),
    );
  },
};
