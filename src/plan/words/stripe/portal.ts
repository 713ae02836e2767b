import { fieldClaims, foundClaims, ownerKey } from "../say.ts";
import type { Words } from "../words.ts";

export const portal: Words = {
  noun: "billing portal",

  claims: (reading) => {
    if (reading.isNew || reading.isRemoved)
      return [
        {
          key: reading.key("portal"),
          partOf: [ownerKey(null)],
          draft: {
            subject: "billing",
            action: reading.isNew ? "added" : "removed",
            text: reading.isNew ? "opens the billing portal for customers" : "closes the billing portal",
          },
          changes: [],
        },
      ];
    return [
      ...foundClaims(reading, "drift", {
        subject: "billing",
        one: "restores a changed feature of the billing portal",
        joined: { verb: "restores", noun: "changed feature", suffix: "of the billing portal" },
      }),
      ...fieldClaims(reading, [
        { property: "headline", subject: "billing", label: "the headline of the billing portal" },
      ]),
    ];
  },
};
