import * as z from "zod";
import {
  apiVersion,
  compute,
  credits,
  date,
  displayName,
  duration,
  email,
  fields,
  flag,
  generation,
  host,
  limit,
  line,
  list,
  named,
  price,
  region,
  schedule,
  secretName,
  secretReference,
  slug,
  state,
  text,
  whole,
  word,
} from "./fields.ts";

const grantedWorkspaces = list(slug)
  .optional()
  .describe(
    "The workspaces that a member is granted, where the plan has per-workspace access. Admins reach every one.",
  );

const role = z.enum(["admin", "member"], { error: "admin or member; the one owner is named by `owner`" });

const member = fields({
  email: email.describe("Who it is; compared without regard to case."),
  role: role.describe("What they may do. The owner is named by `owner`."),
  workspaces: grantedWorkspaces,
  github: text(/^[A-Za-z\d](?:-?[A-Za-z\d])*$/, 39, "a GitHub user name")
    .optional()
    .describe("The GitHub user, for reviews of pull requests that touch the organization."),
}).meta({ id: "Member", description: "A person of the organization, the owner aside." });

const invitation = fields({
  email: email.describe("Who is invited; compared without regard to case."),
  role: role.describe("The role that they will have."),
  workspaces: grantedWorkspaces,
  expires: date.describe("The last day on which it can be accepted."),
}).meta({ id: "Invitation", description: "A person who was asked to join." });

const claimToken = fields({
  role: word(["admin", "member"]).describe("What its holder becomes; none makes an owner."),
  workspace: slug.optional().describe("The one workspace that it leads a member into; all unless said."),
  email: email.optional().describe("Who alone may claim it; anyone with a verified address unless said."),
  expires: date.describe("The last day on which it can be claimed."),
}).meta({ id: "ClaimToken", description: "A way in for whoever holds the token, once." });

/** What every exception says besides what it allows. */
const approval = {
  reason: line.describe("Why."),
  approvedBy: email.describe("Who approved it."),
  expires: date.describe("The last day on which it holds."),
};

const limitOverride = fields({
  value: limit(0).describe("The limit that holds instead of the plan's."),
  ...approval,
}).meta({
  id: "LimitOverride",
  description: "An exception to one limit of the plan. An expired one is an error.",
});

const accessOverride = fields({
  value: flag.describe("What holds instead of the plan's."),
  ...approval,
}).meta({
  id: "AccessOverride",
  description: "An exception to the plan's `perWorkspaceAccess`. An expired one is an error.",
});

const limits = fields({
  workspaces: limitOverride.optional().describe("Instead of the plan's `workspaces`."),
  seats: limitOverride.optional().describe("Instead of the plan's `seats`."),
  perWorkspaceAccess: accessOverride.optional().describe("Instead of the plan's `perWorkspaceAccess`."),
  customDomains: limitOverride.optional().describe("Instead of the plan's `customDomains`."),
  rpm: limitOverride.optional().describe("Instead of the plan's `rpm`."),
  webhookEvents: limitOverride.optional().describe("Instead of the plan's `webhookEvents`."),
}).meta({ id: "Overrides", description: "Exceptions to the plan's limits." });

const positiveCredits = whole(1, 1_000_000_000_000, "a whole number of credits from 1");

const autoReload = z
  .union(
    [
      z.literal(["off", false]),
      fields({
        below: credits.describe("Reload when the balance falls below this many credits."),
        add: positiveCredits.optional().describe("Buy this many credits. Either this or `upTo`."),
        upTo: positiveCredits.optional().describe("Buy credits up to this balance. Either this or `add`."),
        monthlyCap: positiveCredits
          .optional()
          .describe("Buy at most this many credits in a calendar month; no cap unless said."),
      }),
    ],
    { error: "`off`, or a map with `below` and `add` or `upTo`" },
  )
  .meta({ default: "off" });

const wallet = fields({
  autoReload: autoReload.optional().describe("Whether and when credits are bought without asking."),
}).meta({ id: "Wallet", description: "The organization's settings of one wallet." });

const apiKey = fields({
  rotate: text(/^[\w.-]{1,40}$/, 40, "a label in text as 2026-11: letters, digits, dots, - and _")
    .optional()
    .describe("A label of the key's generation, as 2026-11. Changing it rotates the key."),
  grace: duration
    .optional()
    .meta({ description: "How long the previous value stays valid after a rotation.", default: "7d" }),
}).meta({ id: "ApiKey", description: "A key to the product's API that belongs to this workspace alone." });

const connection = fields({
  kind: slug.optional().describe("What it connects to, as bigquery or hubspot."),
  secret: secretName
    .optional()
    .describe(
      "The name of the secret that holds its credentials: the organization's, as `acme-bigquery` of `acme`.",
    ),
  cloneOf: text(
    /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/,
    81,
    "a connection of the same organization as production/warehouse",
  )
    .optional()
    .describe(
      "Copies a connection of another workspace of this organization, instead of `kind` and `secret`.",
    ),
}).meta({ id: "Connection", description: "A database, tool or API that this workspace alone can reach." });

const app = fields({
  domain: host.optional().describe("A domain of its own, beside its URL on the platform."),
}).meta({ id: "App", description: "A published app. It belongs to this workspace and cannot move." });

const cronJob = fields({
  schedule: schedule.describe('When, in UTC, in the five fields of cron, as "0 3 * * *".'),
  task: line.describe("What the agent is asked to do."),
}).meta({ id: "CronJob", description: "A task that runs on a schedule." });

const workspace = fields({
  displayName: displayName.optional().describe("What people see; the name with a capital unless said."),
  generation: generation.optional(),
  previously: list(slug)
    .optional()
    .describe(
      "The names that it had before, the oldest first. Keeps the id when it is renamed, and stays for ever.",
    ),
  state: state.optional(),
  keepUntil: date
    .optional()
    .describe("The last day on which an archived workspace is kept; past it the plan proposes to delete it."),
  region: region.optional().describe("Where its project is; the platform's unless said."),
  compute: compute.optional().describe("The size of its project; the platform's unless said."),
  apiKeys: named(apiKey).optional().describe("Its API keys, by name."),
  connections: named(connection).optional().describe("Its connections, by name."),
  apps: named(app).optional().describe("Its published apps, by name."),
  email: email.optional().describe("Its e-mail address, unique on the platform."),
  slack: fields({
    team: text(/^[TE][A-Z0-9]{2,20}$/, 21, "a Slack team id as T012AB").describe("The Slack team's id."),
    channel: text(/^[CDG][A-Z0-9]{2,20}$/, 21, "a Slack channel id as C034CD").describe(
      "The Slack channel's id.",
    ),
  })
    .optional()
    .describe("Its Slack integration."),
  cron: named(cronJob).optional().describe("Its scheduled tasks, by name."),
  expires: date.optional().describe("Makes it a throwaway: past this day the plan proposes to archive it."),
}).meta({
  id: "Workspace",
  description: "A workspace: a Supabase project of its own and everything that lives in it.",
});

const consent = fields({
  delete: text(
    /^[a-z][a-z0-9-]*(\/[a-z][a-z0-9-]*)?$/,
    81,
    "an organization or one of its workspaces, as acme or acme/spike",
  ).describe("What may be deleted, as acme or acme/spike."),
  ...approval,
}).meta({ id: "Consent", description: "A consent to delete one thing whose `state` is `deleted`." });

export const organizationSchema = fields({
  apiVersion,
  kind: z.literal("Organization", { error: "Organization" }).describe("The kind of this manifest."),
  name: slug.describe(
    "The organization's name: that of its file, and the second part of its stack's. It never changes.",
  ),
  displayName: displayName.optional().describe("What people see; the name with a capital unless said."),
  generation: generation.optional(),
  state: state.optional(),
  plan: slug.optional().describe("The plan that it is on; the platform's default plan unless said."),
  price: price
    .optional()
    .describe(
      "The monthly price that it stays on, one that its plan has or had; the plan's present one unless said.",
    ),
  trial: flag.optional().meta({
    description:
      "Whether it takes the platform's trial, which it can do once ever, before it pays for a plan.",
    default: false,
  }),
  owner: email.describe("The one owner. Ownership moves by changing this."),
  members: list(member).optional().describe("Everybody else."),
  invitations: list(invitation).optional().describe("People who were asked to join."),
  claimTokens: named(claimToken)
    .optional()
    .describe("Tokens that let in whoever holds them, by name; their values are outputs."),
  billing: fields({
    email: email.optional().describe("Where invoices go; the owner unless said."),
    collection: word(["charge_automatically", "send_invoice"]).optional().meta({
      description: "Whether the card on file is charged, or an invoice is sent.",
      default: "charge_automatically",
    }),
    resume: date
      .optional()
      .describe(
        "Begins a subscription anew that was canceled, by the customer or after the last decline, up to this day. Without it, it stays canceled.",
      ),
  })
    .optional()
    .describe("How it pays."),
  limits: limits.optional().describe("What it was allowed beyond its plan."),
  wallets: named(wallet).optional().describe("Its settings of the platform's wallets, by name."),
  llmProvider: fields({
    kind: slug.describe("`hosted` for the platform's own, else whose models they are, as anthropic."),
    apiKey: secretReference
      .optional()
      .describe(
        "The key, by the name of its secret, the organization's. Needed unless the kind is `hosted`.",
      ),
  })
    .optional()
    .describe("Who runs the models. It serves the organization's workspaces and no other."),
  workspaces: named(workspace)
    .optional()
    .describe("Its workspaces, by name. Without this key it has one, `personal`."),
  consents: list(consent).optional().describe("Consents to delete."),
}).meta({ id: "Organization", title: "Organization", description: "A customer of the platform." });

export type OrganizationManifest = z.infer<typeof organizationSchema>;
export type WorkspaceManifest = z.infer<typeof workspace>;
