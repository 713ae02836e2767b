import { z } from "zod";
import { limits } from "./catalogue.ts";
import { controlPlane } from "./control-plane.ts";

export const organizationInputs = z.strictObject({
  controlPlane,
  platform: z.string().describe("The platform's id."),
  id: z.string().describe("UUIDv5 of its path and generation."),
  name: z.string(),
  generation: z.int().min(1),
  displayName: z.string(),
  plan: z.string().describe("The plan that the manifest declares."),
  planInForce: z
    .string()
    .optional()
    .describe("Whose limits hold while the plan isn't paid; absent: the plan."),
  limits: limits.describe("The limits in force."),
  billingEmail: z.string(),
  stripeCustomer: z.string().optional().describe("Stripe's customer id."),
  stripeSubscription: z.string().optional().describe("Stripe's subscription id."),
  subscriptionStatus: z.string().optional().describe("As Stripe says."),
  llmProvider: z.string().optional().describe("Its kind; the key is never stored here."),
  members: z
    .record(
      z.string(),
      z.strictObject({ role: z.enum(["owner", "admin", "member"]), github: z.string().optional() }),
    )
    .describe("By lower-case e-mail, the owner included."),
  invitations: z
    .record(
      z.string(),
      z.strictObject({
        role: z.enum(["admin", "member"]),
        workspaces: z.array(z.string()).describe("Slugs."),
        expires: z.string().describe("ISO date, the last day."),
      }),
    )
    .describe("By lower-case e-mail."),
  wallets: z
    .record(
      z.string(),
      z.strictObject({
        autoReload: z
          .strictObject({
            below: z.int().min(0),
            add: z.int().min(1).optional(),
            upTo: z.int().min(1).optional(),
            monthlyCap: z.int().min(1).optional(),
          })
          .optional()
          .describe("Absent: off."),
      }),
    )
    .describe("By name."),
  trial: z
    .strictObject({ plan: z.string(), days: z.int().min(1) })
    .optional()
    .describe("The trial that it may take; recorded once, for ever."),
});

export const organizationOutputs = z.object({
  issuer: z
    .string()
    .describe("Who issues the platform's tokens: the control plane's auth service; workspaces trust it."),
  trialStarted: z.string().optional().describe("When its one trial began, in any generation."),
});
