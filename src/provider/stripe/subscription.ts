import { z } from "zod";
import { brand } from "../schema.ts";

export const subscriptionInputs = z.strictObject({
  customer: z.string().describe("The customer's id."),
  price: z.string().describe("The lookup key of the price."),
  trial: z
    .strictObject({
      days: z.int().min(1).max(730).describe("Its length."),
      endBehavior: z
        .enum(["cancel", "create_invoice", "pause"])
        .default("cancel")
        .describe("What happens at its end without a payment method. Default `cancel`."),
    })
    .optional()
    .describe(
      "Taken when the subscription starts, once ever for an organization; later changes have no effect.",
    ),
  collection: z
    .enum(["charge_automatically", "send_invoice"])
    .default("charge_automatically")
    .describe("Default `charge_automatically`."),
  daysUntilDue: z.int().min(1).optional().describe("For invoices that are sent. Default 30."),
  brand: brand.required({ organization: true, id: true, generation: true }),
});

export const subscriptionOutputs = z.strictObject({
  subscriptionId: z.string().describe("Stripe's id."),
  status: z.string().describe("As Stripe says: `trialing`, `active`, `incomplete`, `past_due`, …"),
  trialEnd: z.string().optional().describe("ISO 8601; absent when no trial was taken."),
  paymentUrl: z.string().optional().describe("Where the open invoice can be paid, while there is one."),
});
