import { z } from "zod";
import { controlPlane } from "./control-plane.ts";

export const limits = z
  .strictObject({
    workspaces: z.int().min(0).optional(),
    seats: z.int().min(0).optional(),
    customDomains: z.int().min(0).optional(),
    rpm: z.int().min(0).optional().describe("Requests per minute, of the whole organization."),
    webhookEvents: z.int().min(0).optional().describe("Per month, of the whole organization."),
    perWorkspaceAccess: z.boolean().describe("Whether members are granted single workspaces."),
  })
  .describe("A number that is absent is unlimited.");

export const catalogueInputs = z.strictObject({
  controlPlane,
  platform: z.strictObject({
    id: z.string(),
    name: z.string(),
    displayName: z.string(),
    currency: z.string().describe("ISO 4217, lower case."),
    defaultPlan: z.string(),
    appsDomain: z.string().optional().describe("The suffix of the apps' own URLs."),
  }),
  plans: z
    .record(
      z.string(),
      z.strictObject({
        displayName: z.string(),
        monthlyAmount: z
          .int()
          .min(0)
          .optional()
          .describe("In the currency's smallest unit; absent: by contract."),
        productId: z.string().optional().describe("Stripe's product."),
        priceLookupKey: z.string().optional().describe("Stripe's price, by its lookup key."),
        credits: z.record(z.string(), z.int().min(0)).describe("Granted each month, by wallet."),
        limits,
      }),
    )
    .describe("Plans by name."),
  wallets: z
    .record(
      z.string(),
      z.strictObject({ creditAmount: z.number().describe("The price of one credit, in the smallest unit.") }),
    )
    .describe("Wallets by name."),
  trial: z
    .strictObject({
      plan: z.string(),
      days: z.int().min(1),
      credits: z.record(z.string(), z.int().min(0)).describe("Granted once, by wallet."),
    })
    .optional(),
});

export const catalogueOutputs = z.object({});
