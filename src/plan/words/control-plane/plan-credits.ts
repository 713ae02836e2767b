import { formatValue } from "../../../shared/format.ts";
import { ownerKey } from "../say.ts";
import type { Words } from "../words.ts";
import { BILLING_KEY, PLAN_KEY } from "./organization.ts";

export const planCredits: Words = {
  noun: "monthly credits",

  claims(reading) {
    const changes = reading.of("period", "customer");
    if (changes.length === 0 || reading.isNew || reading.isRemoved)
      return [{ key: reading.key(reading.step.urn), partOf: [ownerKey(null)], changes: [] }];
    const since = changes.find(({ segments }) => segments.at(-1) === "since")?.after;
    return [
      {
        key: reading.key("period"),
        partOf: [PLAN_KEY, BILLING_KEY],
        draft: {
          subject: "credits",
          action: "added",
          text: `grants the plan's monthly credits${since === undefined ? "" : ` for the period since ${formatValue(since)}`}`,
        },
        changes,
      },
    ];
  },
};
