import * as z from "zod";
import { controlPlane, controlPlaneIfThere, issuerOf } from "../../../control-plane/control-plane.ts";
import { enforceLimits } from "../../../control-plane/enforce-limits.ts";
import { assertFits, type Declared, raisesUseOrLowersLimit } from "../../../control-plane/limit-preflight.ts";
import {
  LIMIT_COLUMNS,
  limits,
  limitsFromRow,
  limitsToRow,
  overrides,
} from "../../../control-plane/limits.ts";
import { byColumn, present, toRows } from "../../../control-plane/rows.ts";
import { appMoves } from "../../../model/app-moves.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { type Row, type RowSet, readRows, syncRow, syncRows } from "../../../vendors/postgres/rows.ts";
import { defineResource } from "../../runtime/schema.ts";

const member = z.strictObject({
  role: z
    .enum(["owner", "admin", "member"])
    .describe("Exactly one is the owner; admins reach every workspace."),
  github: z.string().optional().describe("The account's name at GitHub."),
});

const invitation = z.strictObject({
  role: z.enum(["admin", "member"]).describe("What they become by accepting."),
  workspaces: z.array(z.string()).describe("Slugs."),
  expires: z.string().describe("ISO date, the last day."),
});

const wallet = z.strictObject({
  autoReload: z
    .strictObject({
      below: z.int().min(0).describe("Credits; it reloads when fewer are left."),
      add: z.int().min(1).optional().describe("Credits that it buys each time; either this or `upTo`."),
      upTo: z.int().min(1).optional().describe("It buys what is missing to so many credits."),
      monthlyCap: z.int().min(1).optional().describe("Credits in a calendar month; absent: no cap."),
    })
    .optional()
    .describe("Absent: off."),
});

const organizationInputs = z.strictObject({
  controlPlane,
  platform: z.string().describe("The platform's id."),
  organizationId: z.string().describe("UUIDv5 of its path and generation."),
  name: z.string().describe("Its slug, unique in the platform."),
  generation: z.int().min(1).describe("Tells it from earlier ones of the same name."),
  displayName: z.string().describe("As people see it."),
  plan: z.string().describe("The plan that the manifest declares."),
  planInForce: z
    .string()
    .optional()
    .describe("Whose limits hold while the plan isn't paid; absent: the plan."),
  limits: limits.describe("The limits in force."),
  planLimits: limits.optional().describe("The limits of the declared plan, with what overrides them."),
  overrides: overrides.default({}),
  billingEmail: z.string().describe("Lower case."),
  stripeCustomer: z.string().optional().describe("Stripe's customer id."),
  stripeSubscription: z.string().optional().describe("Stripe's subscription id."),
  subscriptionStatus: z.string().optional().describe("As Stripe says."),
  llmProvider: z.string().optional().describe("Its kind; the key is never stored here."),
  members: z.record(z.string(), member).describe("By lower-case e-mail, the owner included."),
  invitations: z.record(z.string(), invitation).describe("By lower-case e-mail."),
  wallets: z.record(z.string(), wallet).describe("By name."),
  apps: z
    .record(
      z.string(),
      z.strictObject({
        workspace: z.string().describe("Its slug."),
        names: z.array(z.string()).describe("The apps in it."),
      }),
    )
    .default({})
    .describe("Which apps each workspace has, by the workspace's id: none can move to another."),
  workspaces: z
    .record(
      z.string(),
      z.strictObject({
        domainApps: z.array(z.string()).describe("Its apps that have a custom domain, by name."),
      }),
    )
    .default({})
    .describe("By id, those that aren't deleted: they count against the limits before they are made."),
  trial: z
    .strictObject({
      plan: z.string().describe("The plan that is tried."),
      started: z.string().describe("ISO 8601: when Stripe began it."),
      ends: z.string().describe("ISO 8601: when Stripe ends it."),
    })
    .optional()
    .describe("The trial that Stripe began; recorded once, for ever."),
});

const organizationOutputs = z.object({
  issuer: z
    .string()
    .describe("Who issues the platform's tokens: the control plane's auth service; workspaces trust it."),
  trialStarted: z.string().optional().describe("When its one trial began, in any generation."),
});

type Inputs = z.infer<typeof organizationInputs>;
type Outputs = z.infer<typeof organizationOutputs>;

export const organization = defineResource({
  type: "directory:Organization",
  description:
    "An organization's rows in the control plane: itself, its members, invitations, quotas, wallets and its one trial, in one transaction. Members, invitations and wallets that the app manages stay as they are; one that is declared becomes the manifest's. Removing it shuts out everybody, whom the app let in as well, takes the invitations back and stops automatic reloads; the organization, its ledger and its trial are kept for ever.",
  inputs: organizationInputs,
  outputs: organizationOutputs,
  replaceOn: ["controlPlane", "platform", "organizationId"],
  stable: ["issuer"],

  validateChange(before, after) {
    const namesOf = ({ apps }: Inputs) =>
      Object.fromEntries(Object.entries(apps).map(([id, { names }]) => [id, names]));
    const slugOf = (id: string) => after.apps[id]?.workspace ?? id;
    return appMoves(namesOf(before), namesOf(after)).map(({ app, from, to }) => ({
      property: "apps",
      reason: `the app ${app} can't move from the workspace ${slugOf(from)} to ${slugOf(to)}: put it back, and give the new one another name`,
    }));
  },

  async preflight(context, before, after) {
    const [was, wanted] = [declaredOf(before), declaredOf(after)];
    if (was === undefined || wanted === undefined || !raisesUseOrLowersLimit(was, wanted)) return;
    const database = await controlPlaneIfThere(context, before.controlPlane);
    await database?.read((query) => assertFits(query, before.organizationId, was, wanted));
  },

  async observe(context, { inputs }) {
    const database = await context.controlPlane(inputs.controlPlane);
    return database.read(async (query) => {
      const found = await read(query, inputs);
      return found && { inputs: found, outputs: await outputs(query, database.ref, inputs) };
    });
  },

  async ensure(context, inputs) {
    const database = await context.controlPlane(inputs.controlPlane);
    return database.transaction(async (query) => {
      await write(query, inputs);
      return { id: inputs.organizationId, outputs: await outputs(query, database.ref, inputs) };
    });
  },

  async remove(context, { inputs }) {
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    await database?.transaction((query) => close(query, inputs.organizationId));
  },
});

/** What of it is limited; undefined while that isn't known. */
function declaredOf({
  plan,
  planLimits,
  overrides,
  members,
  invitations,
  workspaces,
}: Partial<Inputs>): Declared | undefined {
  if (plan === undefined || planLimits === undefined || overrides === undefined) return undefined;
  if (members === undefined || invitations === undefined || workspaces === undefined) return undefined;
  const domains = Object.entries(workspaces).flatMap(([id, { domainApps }]) =>
    domainApps.map((app) => `${id}/${app}`),
  );
  return {
    plan,
    overridden: Object.keys(overrides),
    allowed: planLimits,
    things: {
      seats: [...Object.keys(members), ...Object.keys(invitations)],
      workspaces: Object.keys(workspaces),
      customDomains: domains,
    },
  };
}

async function write(query: Query, inputs: Inputs): Promise<void> {
  // First, also where it stays as it is: the row is locked then, and nobody else takes what is limited meanwhile.
  await syncRow(query, organizationSet(inputs.organizationId), organizationToRow(inputs));
  await syncRow(query, quotaSet(inputs.organizationId), limitsToRow(inputs.limits));
  await enforceLimits(query, inputs.organizationId, async () => {
    await keepPeople(query, inputs);
    await keepDeclared(query, inputs);
  });
  await query("select private.open_workspaces($1)", [inputs.organizationId]);
  await keepWallets(query, inputs);
  if (inputs.trial !== undefined) await beginTrial(query, inputs, inputs.trial);
}

async function keepPeople(query: Query, { organizationId, members, invitations }: Inputs): Promise<void> {
  await syncRows(query, memberSet(organizationId), ownerLast(members));
  await syncRows(
    query,
    invitationSet(organizationId),
    toRows(invitations, "email", ({ expires, ...it }) => ({ ...it, expires_on: expires })),
  );
}

async function keepDeclared(query: Query, { organizationId, workspaces }: Inputs): Promise<void> {
  const rows = toRows(workspaces, "workspace_id", ({ domainApps }) => ({ domain_apps: domainApps }));
  await syncRows(query, declaredSet(organizationId), rows);
}

async function read(query: Query, prior: Inputs): Promise<Inputs | undefined> {
  const { organizationId: id } = prior;
  const [row] = await readRows(query, organizationSet(id), "anyone");
  if (row === undefined) return undefined;
  const [quota] = await readRows(query, quotaSet(id), "anyone");
  const members = await readRows(query, memberSet(id));
  const invitations = await readRows(query, invitationSet(id));
  const wallets = await readRows(query, walletSet(id));
  const declared = await readRows(query, declaredSet(id));
  const trial = await trialOf(query, prior);
  return organizationInputs.parse({
    ...organizationFromRow(row),
    controlPlane: prior.controlPlane,
    organizationId: id,
    apps: prior.apps,
    planLimits: prior.planLimits,
    limits: quota === undefined ? prior.limits : limitsFromRow(quota),
    members: byColumn(members, "email", ({ role, github }) => present({ role, github })),
    invitations: byColumn(invitations, "email", (it) => ({
      role: it.role,
      workspaces: it.workspaces,
      expires: it.expires_on,
    })),
    wallets: byColumn(wallets, "name", walletFromRow),
    workspaces: byColumn(declared, "workspace_id", (it) => ({ domainApps: it.domain_apps })),
    ...(trial !== undefined && prior.trial !== undefined && { trial: prior.trial }),
  });
}

async function outputs(query: Query, ref: string, inputs: Inputs): Promise<Outputs> {
  const trial = await trialOf(query, inputs);
  return {
    issuer: issuerOf(ref),
    ...(trial !== undefined && { trialStarted: trial.started }),
  };
}

function organizationToRow(inputs: Inputs): Row {
  return {
    platform_id: inputs.platform,
    name: inputs.name,
    generation: inputs.generation,
    display_name: inputs.displayName,
    plan: inputs.plan,
    plan_in_force: inputs.planInForce,
    limit_overrides: inputs.overrides,
    billing_email: inputs.billingEmail,
    llm_provider: inputs.llmProvider,
    stripe_customer: inputs.stripeCustomer,
    stripe_subscription: inputs.stripeSubscription,
    subscription_status: inputs.subscriptionStatus,
  };
}

function organizationFromRow(row: Row): Row {
  return present({
    platform: row.platform_id,
    name: row.name,
    generation: row.generation,
    displayName: row.display_name,
    plan: row.plan,
    planInForce: row.plan_in_force,
    overrides: row.limit_overrides,
    billingEmail: row.billing_email,
    llmProvider: row.llm_provider,
    stripeCustomer: row.stripe_customer,
    stripeSubscription: row.stripe_subscription,
    subscriptionStatus: row.subscription_status,
  });
}

/** There is one owner at any moment: the old one steps down before the new one is named. */
function ownerLast(members: Inputs["members"]): Row[] {
  return toRows(members, "email", (it) => ({ ...it })).sort(
    (a, b) => Number(a.role === "owner") - Number(b.role === "owner"),
  );
}

/** A wallet holds credits: one that is no longer declared stops reloading, and is the app's from then on. */
async function keepWallets(query: Query, { organizationId: id, wallets }: Inputs): Promise<void> {
  await query(
    `update public.wallets set managed_by = 'app', reload_enabled = false, reload_below = null, reload_add = null,
       reload_up_to = null, reload_monthly_cap = null
     where organization_id = $1 and managed_by = 'manifest' and name <> all ($2)`,
    [id, Object.keys(wallets)],
  );
  await syncRows(query, walletSet(id), toRows(wallets, "name", walletToRow));
}

function walletToRow({ autoReload }: Inputs["wallets"][string]): Row {
  return {
    reload_enabled: autoReload !== undefined,
    reload_below: autoReload?.below,
    reload_add: autoReload?.add,
    reload_up_to: autoReload?.upTo,
    reload_monthly_cap: autoReload?.monthlyCap,
  };
}

function walletFromRow(row: Row): Row {
  if (row.reload_enabled !== true) return {};
  return {
    autoReload: present({
      below: row.reload_below,
      add: row.reload_add,
      upTo: row.reload_up_to,
      monthlyCap: row.reload_monthly_cap,
    }),
  };
}

/** By the organization's name, not its id: another generation is no new trial. */
async function beginTrial(query: Query, inputs: Inputs, trial: NonNullable<Inputs["trial"]>): Promise<void> {
  await query(
    `insert into public.trials (platform_id, organization_name, organization_id, plan, started_at, ends_at, managed_by)
     values ($1, $2, $3, $4, $5, greatest($6, $5::timestamptz + interval '1 second'), 'manifest')
     on conflict (platform_id, organization_name) do nothing`,
    [inputs.platform, inputs.name, inputs.organizationId, trial.plan, trial.started, trial.ends],
  );
}

async function trialOf(query: Query, inputs: Inputs): Promise<{ readonly started: string } | undefined> {
  const [trial] = await query<{ started: string }>(
    `select to_json(started_at) #>> '{}' as started from public.trials
     where platform_id = $1 and organization_name = $2`,
    [inputs.platform, inputs.name],
  );
  return trial;
}

/** People first: all are out when the transaction ends, since nobody could remove those of the app afterwards. */
async function close(query: Query, id: string): Promise<void> {
  await query("delete from public.members where organization_id = $1", [id]);
  await query("delete from public.invitations where organization_id = $1", [id]);
  await query("delete from private.declared_workspaces where organization_id = $1", [id]);
  await query("update public.wallets set reload_enabled = false where organization_id = $1", [id]);
}

function organizationSet(id: string): RowSet {
  return {
    table: "public.organizations",
    scope: { id },
    key: ["id"],
    columns: [
      "platform_id",
      "name",
      "generation",
      "display_name",
      "plan",
      "plan_in_force",
      "limit_overrides",
      "billing_email",
      "llm_provider",
      "stripe_customer",
      "stripe_subscription",
      "subscription_status",
    ],
  };
}

function quotaSet(id: string): RowSet {
  return ofOrganization(id, "public.quotas", [], LIMIT_COLUMNS);
}

function memberSet(id: string): RowSet {
  return ofOrganization(id, "public.members", ["email"], ["email", "role", "github"]);
}

function invitationSet(id: string): RowSet {
  return ofOrganization(id, "public.invitations", ["email"], ["email", "role", "workspaces", "expires_on"]);
}

function declaredSet(id: string): RowSet {
  return ofOrganization(id, "private.declared_workspaces", ["workspace_id"], ["workspace_id", "domain_apps"]);
}

function walletSet(id: string): RowSet {
  return ofOrganization(
    id,
    "public.wallets",
    ["name"],
    ["name", "reload_enabled", "reload_below", "reload_add", "reload_up_to", "reload_monthly_cap"],
  );
}

function ofOrganization(
  id: string,
  table: string,
  key: readonly string[],
  columns: readonly string[],
): RowSet {
  return { table, scope: { organization_id: id }, key: ["organization_id", ...key], columns };
}
