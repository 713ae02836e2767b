import * as z from "zod";
import { lifecycleState } from "../../shared/lifecycle.ts";
import { column, lastDay, optionalColumns } from "../field.ts";
import { LIMIT_FIELDS, overrides } from "../limits.ts";
import { Table } from "../table.ts";

export const organizations = new Table({
  name: "public.organizations",
  owner: ["id"],
  key: ["id"],
  fields: {
    platform: column("platform_id", z.string().describe("The platform's id.")),
    name: column("name", z.string().describe("The organization's slug, unique in the platform.")),
    generation: column(
      "generation",
      z.int().min(1).describe("Distinguishes it from earlier organizations of the same name."),
    ),
    displayName: column("display_name", z.string().describe("The name that people see.")),
    state: column(
      "state",
      lifecycleState
        .default("active")
        .describe("Members reach nothing of an organization that isn't active. Default `active`."),
    ),
    plan: column("plan", z.string().describe("The plan that the manifest declares.")),
    planInForce: column(
      "plan_in_force",
      z
        .string()
        .optional()
        .describe(
          "The plan whose limits apply while the declared plan isn't paid. Absent: the declared plan.",
        ),
    ),
    overrides: column("limit_overrides", overrides.default({})),
    billingEmail: column("billing_email", z.string().describe("The address for invoices, lower case.")),
    stripeCustomer: column("stripe_customer", z.string().optional().describe("The id of Stripe's customer.")),
    stripeSubscription: column(
      "stripe_subscription",
      z.string().optional().describe("The id of Stripe's subscription."),
    ),
    subscriptionStatus: column(
      "subscription_status",
      z.string().optional().describe("The subscription's status in Stripe."),
    ),
    llmProvider: column(
      "llm_provider",
      z.string().optional().describe("The kind of LLM provider. Its key is never stored here."),
    ),
  },
});

/** The limits that apply today. */
export const quotas = new Table({
  name: "public.quotas",
  owner: ["organization_id"],
  key: ["organization_id"],
  fields: LIMIT_FIELDS,
});

export const members = new Table({
  name: "public.members",
  owner: ["organization_id"],
  key: ["organization_id", "email"],
  fields: {
    email: column("email", z.string()),
    role: column(
      "role",
      z
        .enum(["owner", "admin", "member"])
        .describe("Exactly one is the owner. Admins reach every workspace."),
    ),
    github: column("github", z.string().optional().describe("The name of the GitHub account.")),
  },
});

export const invitations = new Table({
  name: "public.invitations",
  owner: ["organization_id"],
  key: ["organization_id", "email"],
  fields: {
    email: column("email", z.string()),
    role: column("role", z.enum(["admin", "member"]).describe("The role after the invitation is accepted.")),
    workspaces: column("workspaces", z.array(z.string()).describe("The slugs of the workspaces.")),
    expires: column("expires_on", z.string().describe("ISO date, the last day.")),
  },
});

/** A wallet holds credits, so it is never deleted. */
export const wallets = new Table({
  name: "public.wallets",
  owner: ["organization_id"],
  key: ["organization_id", "name"],
  fields: {
    name: column("name", z.string()),
    autoReload: optionalColumns(
      {
        below: column("reload_below", z.int().min(0).describe("Reloads when fewer credits are left.")),
        add: column(
          "reload_add",
          z.int().min(1).optional().describe("Credits bought by each reload. Either this or `upTo`."),
        ),
        upTo: column(
          "reload_up_to",
          z.int().min(1).optional().describe("Reloads up to this balance. Either this or `add`."),
        ),
        monthlyCap: column(
          "reload_monthly_cap",
          z.int().min(1).optional().describe("Most credits bought in a calendar month. Absent: no cap."),
        ),
      },
      { presentIf: "reload_enabled" },
      "When credits are bought automatically. Absent: never.",
    ),
  },
  released: { autoReload: undefined },
});

/** Declared workspaces count against the limits before they exist. */
export const declaredWorkspaces = new Table({
  name: "private.declared_workspaces",
  owner: ["organization_id"],
  key: ["organization_id", "workspace_id"],
  fields: {
    id: column("workspace_id", z.string()),
    domainApps: column(
      "domain_apps",
      z.array(z.string()).describe("The names of its apps that have a custom domain."),
    ),
  },
});

export const claimTokens = new Table({
  name: "public.claim_tokens",
  owner: ["organization_id"],
  key: ["id"],
  fields: {
    id: column("id", z.string()),
    name: column("name", z.string()),
    role: column("role", z.enum(["admin", "member"]).describe("The role of whoever claims it.")),
    workspace: column(
      "workspace_id",
      z.string().optional().describe("The id of the one workspace that it gives access to."),
    ),
    email: column(
      "email",
      z.string().optional().describe("The only address that may claim it, lower case. It must be verified."),
    ),
    expires: lastDay("expires_at", z.string().describe("ISO date, the last day on which it can be claimed.")),
  },
  observed: { claimed: column("claimed_at", z.string().optional()) },
  frozen: "held.claimed_at is not null",
});
