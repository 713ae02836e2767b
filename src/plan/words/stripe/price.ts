import type { Draft } from "../../claim.ts";
import { priceIn, sayMoney } from "../../money.ts";
import type { Words } from "../words.ts";

export const price: Words = {
  noun: "price in Stripe",

  claims(reading) {
    if (!reading.isNew && !reading.isRemoved) return [];
    const key = reading.at("lookupKey");
    const lookupKey = String(key?.after ?? key?.before ?? reading.step.name);
    const known = priceIn(lookupKey);
    const name = known === undefined ? lookupKey : `${known.plan}, ${sayMoney(known)} a month`;
    const verb = reading.isNew ? "offers" : "no longer offers";
    const draft: Draft = {
      subject: "plans",
      action: reading.isNew ? "added" : "removed",
      text: `${verb} the price ${name}`,
      joined: { verb, noun: "price" },
      item: { name },
    };
    return [
      {
        key: reading.key(reading.step.urn),
        draft,
        besides: ["added"],
        changes: [],
      },
    ];
  },
};
