import { z } from "zod";
import { brand } from "../schema.ts";

export const priceInputs = z.strictObject({
  lookupKey: z
    .string()
    .min(1)
    .max(200)
    .describe("Carries a version, as `agntdata--launch--monthly--usd-4900`, and never moves."),
  product: z.string().describe("The product's id."),
  amount: z.int().min(0).describe("Per interval, in the currency's smallest unit."),
  currency: z
    .string()
    .regex(/^[a-z]{3}$/, "expected three lower-case letters")
    .describe("ISO 4217."),
  interval: z.enum(["day", "week", "month", "year"]).default("month").describe("Default `month`."),
  nickname: z.string().min(1).optional().describe("Hidden from customers."),
  brand,
});

export const priceOutputs = z.strictObject({
  priceId: z.string().describe("Stripe's id."),
});
