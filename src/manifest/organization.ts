import * as z from "zod";
import { byEntitlement } from "../shared/entitlements.ts";
import {
  apiVersion,
  approval,
  compute,
  credits,
  DISPLAY_NAME_DESCRIPTION,
  date,
  displayName,
  duration,
  email,
  fields,
  flag,
  generation,
  githubLogin,
  host,
  limit,
  line,
  list,
  named,
  oneOf,
  planVersion,
  price,
  region,
  schedule,
  secretName,
  secretReference,
  slug,
  state,
  text,
  wholeNumber,
} from "./fields.ts";

/** The end of the description of each collection that a manifest can leave out. */
const orUnmanaged = (empty: "[]" | "{}") =>
  `Without this key they aren't managed, and what exists stays. \`${empty}\` means that there are none.`;

const grantedWorkspaces = list(slug)
  .optional()
  .describe(
    `The workspaces that a member reaches, if the plan has per-workspace access. Admins reach all workspaces. ${orUnmanaged("[]")}`,
  );

const role = z.enum(["admin", "member"], { error: "admin or member; the owner is set by `owner`" });

const member = fields({
  email: email.describe("The member's e-mail address. Case doesn't matter."),
  role: role.describe("The member's role."),
  workspaces: grantedWorkspaces,
  github: githubLogin
    .optional()
    .describe("The member's GitHub user name, for reviews of pull requests that change the organization."),
}).meta({ id: "Member", description: "A member of the organization other than the owner." });

const invitation = fields({
  email: email.describe("The invited person's e-mail address. Case doesn't matter."),
  role: role.describe("The role after accepting."),
  workspaces: grantedWorkspaces,
  expires: date.describe("The last day on which the invitation can be accepted."),
}).meta({ id: "Invitation", description: "An invitation to join the organization." });

const claimToken = fields({
  role: oneOf(["admin", "member"]).describe("The role that the token gives."),
  workspace: slug.optional().describe("The only workspace that the member reaches. Defaults to all."),
  email: email
    .optional()
    .describe("The only address that can claim the token. Defaults to any verified address."),
  expires: date.describe("The last day on which the token can be claimed."),
}).meta({ id: "ClaimToken", description: "A token that admits its holder to the organization, once." });

const limitOverride = fields({
  value: limit(0).describe("The limit that replaces the plan's."),
  ...approval,
}).meta({
  id: "LimitOverride",
  description:
    "An exception to one limit of the plan. `validate` warns in the last 30 days. After the last day, the plan's limit applies: what is above it stays, and nothing can be added.",
});

const accessOverride = fields({
  value: flag.describe("The value that replaces the plan's."),
  ...approval,
}).meta({
  id: "AccessOverride",
  description:
    "An exception to the plan's `perWorkspaceAccess`. `validate` warns in the last 30 days. An expired one stays in effect until it is removed, because its end would change who enters which workspace.",
});

const limits = fields(
  byEntitlement({
    limit: (_, name) => limitOverride.optional().describe(`Overrides the plan's \`${name}\`.`),
    flag: (_, name) => accessOverride.optional().describe(`Overrides the plan's \`${name}\`.`),
  }),
).meta({ id: "Overrides", description: "Exceptions to the plan's limits." });

const positiveCredits = wholeNumber(1, 1_000_000_000_000, "a whole number of credits from 1");

const autoReload = z
  .union(
    [
      z.literal(["off", false]),
      fields({
        below: credits.describe("The balance in credits below which credits are bought."),
        add: positiveCredits.optional().describe("The number of credits to buy. Set either this or `upTo`."),
        upTo: positiveCredits
          .optional()
          .describe("The balance up to which credits are bought. Set either this or `add`."),
        monthlyCap: positiveCredits
          .optional()
          .describe("The largest number of credits to buy in a calendar month. Defaults to no cap."),
      }),
    ],
    { error: "`off`, or a map with `below` and `add` or `upTo`" },
  )
  .meta({ default: "off" });

const wallet = fields({
  autoReload: autoReload.optional().describe("Whether and when credits are bought automatically."),
}).meta({ id: "Wallet", description: "The organization's settings for one wallet." });

const apiKey = fields({
  rotate: text(/^[\w.-]{1,40}$/, 40, "a label such as 2026-11: letters, digits, dots, - and _")
    .optional()
    .describe("A label of the key's current value, such as 2026-11. Changing it rotates the key."),
  grace: duration
    .optional()
    .meta({ description: "How long the previous value is valid after a rotation.", default: "7d" }),
}).meta({ id: "ApiKey", description: "A key to the product's API for one workspace." });

const connection = fields({
  kind: slug.optional().describe("The kind of service, such as bigquery or hubspot."),
  secret: secretName
    .optional()
    .describe(
      "The name of the secret with the credentials. It must belong to the organization, such as `acme-bigquery` to `acme`.",
    ),
  cloneOf: text(
    /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/,
    81,
    "a connection of the same organization, such as production/warehouse",
  )
    .optional()
    .describe(
      "A connection of another workspace of this organization to copy. Replaces `kind` and `secret`.",
    ),
}).meta({ id: "Connection", description: "A workspace's connection to an external database, tool or API." });

const app = fields({
  domain: host.optional().describe("A custom domain, in addition to the URL on the platform."),
}).meta({ id: "App", description: "A published app. It can't move to another workspace." });

const cronJob = fields({
  schedule: schedule.describe('The schedule in UTC, in the five fields of cron, such as "0 3 * * *".'),
  task: line.describe("The task for the agent."),
}).meta({ id: "CronJob", description: "A task that runs on a schedule." });

const workspace = fields({
  displayName: displayName.optional().describe(DISPLAY_NAME_DESCRIPTION),
  generation: generation.optional(),
  previously: list(slug)
    .optional()
    .describe(
      "Previous names, the oldest first. They keep the workspace's id when it is renamed, so they must never be removed.",
    ),
  state: state.optional(),
  keepUntil: date
    .optional()
    .describe("The last day on which an archived workspace is kept. After it, `validate` warns."),
  region: region.optional().describe("The region of the project. Defaults to the platform's."),
  compute: compute.optional().describe("The compute size of the project. Defaults to the platform's."),
  apiKeys: named(apiKey)
    .optional()
    .describe(`API keys, by name. ${orUnmanaged("{}")}`),
  connections: named(connection)
    .optional()
    .describe(`Connections, by name. ${orUnmanaged("{}")}`),
  apps: named(app)
    .optional()
    .describe(`Published apps, by name. ${orUnmanaged("{}")}`),
  email: email.optional().describe("The workspace's e-mail address, unique on the platform."),
  slack: fields({
    team: text(/^[TE][A-Z0-9]{2,20}$/, 21, "a Slack team id such as T012AB").describe("The Slack team's id."),
    channel: text(/^[CDG][A-Z0-9]{2,20}$/, 21, "a Slack channel id such as C034CD").describe(
      "The Slack channel's id.",
    ),
  })
    .optional()
    .describe("The Slack integration. The channel must be unique on the platform."),
  cron: named(cronJob)
    .optional()
    .describe(`Scheduled tasks, by name. ${orUnmanaged("{}")}`),
  expires: date
    .optional()
    .describe("The last day of a throwaway workspace. After it, `validate` warns until it is archived."),
}).meta({
  id: "Workspace",
  description: "A workspace: a Supabase project and everything in it.",
});

/** A name in a workspace, such as `production/ci`. */
const inWorkspace = text(
  /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/,
  81,
  "a workspace and a name in it, such as production/ci",
);

const removal = fields({
  members: list(email).optional().describe("The e-mail addresses of the people who leave."),
  apiKeys: list(inWorkspace).optional().describe("The API keys that are revoked, such as production/ci."),
  workspaces: list(slug)
    .optional()
    .describe("The workspaces that are suspended or archived. A deletion needs `delete`."),
  domains: list(host).optional().describe("The custom domains that are removed, such as shop.acme.example."),
  connections: list(inWorkspace)
    .optional()
    .describe("The connections that are removed, such as production/warehouse."),
  owner: email.optional().describe("The former owner, who doesn't stay as an admin."),
  subscription: planVersion
    .optional()
    .describe("The plan whose paid subscription ends, because the organization moves to a plan without one."),
}).meta({
  id: "Removal",
  description: "What goes, by name. Another removal isn't covered.",
});

const consent = fields({
  delete: text(
    /^[a-z][a-z0-9-]*(@[1-9][0-9]*)?(\/[a-z][a-z0-9-]*(@[1-9][0-9]*)?)?$/,
    93,
    "an organization or one of its workspaces, such as acme, acme/spike, or acme/spike@2 for its generation 2",
  )
    .optional()
    .describe(
      "What may be deleted, such as acme or acme/spike. A later generation must be named: acme/spike@2. Set either this or `remove`.",
    ),
  remove: removal
    .optional()
    .describe("What may be removed above the thresholds of `guards`, and what always needs a consent."),
  ...approval,
}).meta({
  id: "Consent",
  description:
    "A consent to delete the organization or a workspace whose `state` is `deleted`, or to remove what a guard would refuse.",
});

export const organizationSchema = fields({
  apiVersion,
  kind: z.literal("Organization", { error: "Organization" }).describe("The kind of this manifest."),
  name: slug.describe(
    "The organization's name, which is also the name of its file and the second part of its stack name. To change it, see `previously`.",
  ),
  previously: list(slug)
    .optional()
    .describe(
      "Previous names, the oldest first. They keep the organization's id, projects and Stripe customer when it is renamed, so they must never be removed.",
    ),
  displayName: displayName.optional().describe(DISPLAY_NAME_DESCRIPTION),
  generation: generation.optional(),
  state: state.optional(),
  plan: planVersion
    .optional()
    .describe(
      "The plan, or a version of it such as `launch@2`. `launch` is the first version. Defaults to the platform's `defaultPlan`.",
    ),
  price: price
    .optional()
    .describe(
      "The monthly price that the organization keeps, one of the plan's current or previous prices. Defaults to the current price.",
    ),
  trial: flag.optional().meta({
    description:
      "Whether the organization takes the platform's trial, which is possible once, before it pays for a plan.",
    default: false,
  }),
  owner: email.describe("The owner's e-mail address. Change it to transfer ownership."),
  members: list(member)
    .optional()
    .describe(`The members other than the owner. ${orUnmanaged("[]")}`),
  invitations: list(invitation)
    .optional()
    .describe(`Open invitations. ${orUnmanaged("[]")}`),
  claimTokens: named(claimToken)
    .optional()
    .describe(
      `Tokens that admit their holder once, by name. Their values are stack outputs. ${orUnmanaged("{}")}`,
    ),
  billing: fields({
    email: email.optional().describe("The address for invoices. Defaults to the owner's."),
    collection: oneOf(["charge_automatically", "send_invoice"]).optional().meta({
      description: "Whether the saved card is charged or an invoice is sent.",
      default: "charge_automatically",
    }),
    resume: date
      .optional()
      .describe(
        "Starts a new subscription if the previous one was canceled up to this day, by the customer or after failed payments. By default, a canceled subscription is not started again.",
      ),
  })
    .optional()
    .describe("How the organization pays."),
  limits: limits.optional().describe("The organization's exceptions to the limits of its plan."),
  wallets: named(wallet)
    .optional()
    .describe(
      "Settings for the platform's wallets, by name. Without this key they aren't managed, and existing settings stay. `{}` means that no wallet is reloaded automatically.",
    ),
  llmProvider: fields({
    kind: slug.describe("The model provider, such as anthropic, or `hosted` for the platform's own models."),
    apiKey: secretReference
      .optional()
      .describe(
        "The provider's API key, as the name of a secret of the organization. Required unless the kind is `hosted`.",
      ),
  })
    .optional()
    .describe("The model provider for all workspaces of the organization."),
  workspaces: named(workspace).optional().describe("The workspaces, by name. Defaults to one, `personal`."),
  consents: list(consent).optional().describe("Consents to delete and to remove."),
}).meta({ id: "Organization", title: "Organization", description: "A customer of the platform." });

export type OrganizationManifest = z.infer<typeof organizationSchema>;
export type WorkspaceManifest = z.infer<typeof workspace>;
