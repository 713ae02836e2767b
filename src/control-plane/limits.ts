import * as z from "zod";
import type { Row } from "../vendors/postgres/rows.ts";
import { present } from "./rows.ts";

export const limits = z
  .strictObject({
    workspaces: z.int().min(0).optional().describe("How many it may have."),
    seats: z.int().min(0).optional().describe("Members, the owner included."),
    customDomains: z.int().min(0).optional().describe("Apps that have a domain of their own."),
    rpm: z.int().min(0).optional().describe("Requests per minute, of the whole organization."),
    webhookEvents: z.int().min(0).optional().describe("Per month, of the whole organization."),
    perWorkspaceAccess: z.boolean().describe("Whether members are granted single workspaces."),
  })
  .describe("A number that is absent is unlimited.");

const lifted = z.union([z.int().min(0), z.literal("unlimited")]).optional();

/** Limits that don't follow the plan. */
export const overrides = z
  .strictObject({
    workspaces: lifted.describe("How many it may have."),
    seats: lifted.describe("Members, the owner included."),
    customDomains: lifted.describe("Apps that have a domain of their own."),
    rpm: lifted.describe("Requests per minute, of the whole organization."),
    webhookEvents: lifted.describe("Per month, of the whole organization."),
    perWorkspaceAccess: z.boolean().optional().describe("Whether members are granted single workspaces."),
  })
  .describe("Limits that don't follow the plan, whichever is in force.");

type Limits = z.infer<typeof limits>;

/** The columns of `plans` and `quotas` that hold limits. */
export const LIMIT_COLUMNS = [
  "workspaces",
  "seats",
  "custom_domains",
  "rpm",
  "webhook_events",
  "per_workspace_access",
];

export function limitsToRow(limits: Limits): Row {
  return {
    workspaces: limits.workspaces,
    seats: limits.seats,
    custom_domains: limits.customDomains,
    rpm: limits.rpm,
    webhook_events: limits.webhookEvents,
    per_workspace_access: limits.perWorkspaceAccess,
  };
}

export function limitsFromRow(row: Row): Limits {
  return limits.parse(
    present({
      workspaces: row.workspaces,
      seats: row.seats,
      customDomains: row.custom_domains,
      rpm: row.rpm,
      webhookEvents: row.webhook_events,
      perWorkspaceAccess: row.per_workspace_access,
    }),
  );
}
