import { fieldClaims } from "../say.ts";
import type { Words } from "../words.ts";

export const product: Words = {
  noun: "product in Stripe",

  claims: (reading) => {
    const name = String(reading.at("name")?.after ?? reading.at("name")?.before ?? reading.step.name);
    if (reading.isNew)
      return [
        {
          key: reading.key(reading.step.urn),
          draft: {
            subject: "plans",
            action: "added",
            text: `adds the product ${name}`,
            joined: { verb: "adds", noun: "product" },
            item: { name },
          },
          besides: ["added"],
          changes: [],
        },
      ];
    if (reading.isRemoved)
      return [
        {
          key: reading.key(reading.step.urn),
          draft: {
            subject: "plans",
            action: "removed",
            text: `archives the product ${name}`,
            joined: { verb: "archives", noun: "product" },
            item: { name },
          },
          changes: [],
        },
      ];
    return fieldClaims(reading, [
      { property: "name", subject: "plans", label: "the name of the product on invoices" },
      { property: "description", subject: "plans", label: "the description of the product" },
    ]);
  },
};
