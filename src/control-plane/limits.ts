import * as z from "zod";
import { column, columns, schemaOf } from "./field.ts";

const count = z.int().min(0).optional();

/** The columns of `plans` and `quotas` that hold limits. NULL is unlimited. */
export const LIMIT_FIELDS = {
  workspaces: column("workspaces", count.describe("Number of workspaces.")),
  seats: column("seats", count.describe("Number of people: the owner, members and open invitations.")),
  customDomains: column("custom_domains", count.describe("Number of apps with a custom domain.")),
  rpm: column("rpm", count.describe("Requests per minute, for the whole organization.")),
  webhookEvents: column(
    "webhook_events",
    count.describe("Webhook events per month, for the whole organization."),
  ),
  perWorkspaceAccess: column(
    "per_workspace_access",
    z.boolean().describe("Whether members are granted single workspaces."),
  ),
} as const;

export const limits = schemaOf(LIMIT_FIELDS).describe("The limits. An absent number is unlimited.");

export const limitColumns = columns(LIMIT_FIELDS, "The limits. An absent number is unlimited.");

const lifted = z.union([z.int().min(0), z.literal("unlimited")]).optional();

/** Limits that don't follow the plan. */
export const overrides = z
  .strictObject({
    workspaces: lifted.describe("Number of workspaces."),
    seats: lifted.describe("Number of people: the owner, members and open invitations."),
    customDomains: lifted.describe("Number of apps with a custom domain."),
    rpm: lifted.describe("Requests per minute, for the whole organization."),
    webhookEvents: lifted.describe("Webhook events per month, for the whole organization."),
    perWorkspaceAccess: z.boolean().optional().describe("Whether members are granted single workspaces."),
  })
  .describe("Limits that replace the plan's, whichever plan is in force.");
