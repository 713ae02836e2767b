import { fieldClaims } from "../say.ts";
import type { Words } from "../words.ts";

export const webhookEndpoint: Words = {
  noun: "webhook in Stripe",

  claims: (reading) => {
    if (reading.isNew)
      return [
        {
          key: reading.key("webhook"),
          draft: {
            subject: "billing",
            action: "added",
            text: `sends Stripe's events to ${reading.text("url") ?? "the webhook"}`,
          },
          besides: ["added"],
          changes: [],
        },
      ];
    if (reading.isRemoved)
      return [
        {
          key: reading.key("webhook"),
          draft: {
            subject: "billing",
            action: "removed",
            text: "stops Stripe's events, so tenantry no longer learns of payments",
            danger: "money",
          },
          changes: [],
        },
      ];
    return [
      ...reading.of("version").map((change) => ({
        key: reading.key("webhook"),
        draft: {
          subject: "credentials" as const,
          action: "rotated" as const,
          text: "rotates the signing secret of Stripe's webhook",
        },
        changes: [change],
      })),
      ...fieldClaims(reading, [
        { property: "url", subject: "billing", label: "the URL of Stripe's webhook", danger: "money" },
        { property: "events", subject: "billing", label: "the events of Stripe's webhook", danger: "money" },
      ]),
    ];
  },
};
