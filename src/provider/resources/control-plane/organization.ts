import { UserError } from "@tenantry/core/errors";
import { recordOf } from "@tenantry/core/is-record";
import * as z from "zod";
import { lockAccountOf } from "../../../billing/accounts.ts";
import { applySubscriptionStatus } from "../../../billing/subscription-status.ts";
import { controlPlane, controlPlaneIfThere, issuerOf } from "../../../control-plane/control-plane.ts";
import { enforceLimits } from "../../../control-plane/enforce-limits.ts";
import { assertFits, type Declared, raisesUseOrLowersLimit } from "../../../control-plane/limit-preflight.ts";
import { limits } from "../../../control-plane/limits.ts";
import { mapBy } from "../../../control-plane/table.ts";
import {
  declaredWorkspaces,
  invitations,
  members,
  organizations,
  quotas,
  wallets,
} from "../../../control-plane/tables/organization.ts";
import { appMoves } from "../../../model/app-moves.ts";
import { type Generation, refusedGeneration } from "../../../model/generations.ts";
import type { Context } from "../../../vendors/connections.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource } from "../../runtime/schema.ts";
import {
  comparedPeople,
  keepUnmanaged,
  keptMap,
  keptNames,
  keptPeopleOf,
  listOf,
  type Raw,
  unmanagedByWorkspace,
  unmanagedOf,
  withNames,
} from "../../unmanaged.ts";

const organizationInputs = z.strictObject({
  controlPlane,
  organizationId: z.string().describe("UUIDv5 of the organization's path and generation."),
  ...organizations.row.shape,
  firstName: z
    .string()
    .optional()
    .describe("Its first name, if it was renamed: the trial is recorded under it. Default `name`."),
  limits: limits.describe("The limits that apply today. An absent number is unlimited."),
  planLimits: limits
    .optional()
    .describe("The limits of the declared plan, with its overrides. An absent number is unlimited."),
  lapsedLimits: z
    .array(z.string())
    .optional()
    .describe(
      "The limits that are the plan's again because their override has expired. What is above them stays, and nothing can be added.",
    ),
  members: z
    .record(z.string(), members.row.omit({ email: true }))
    .describe("By lower-case e-mail, the owner included."),
  invitations: z.record(z.string(), invitations.row.omit({ email: true })).describe("By lower-case e-mail."),
  wallets: z.record(z.string(), wallets.row.omit({ name: true })).describe("By name."),
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
    .record(z.string(), declaredWorkspaces.row.omit({ id: true }))
    .default({})
    .describe("By id, without deleted ones. They count against the limits before they are created."),
  unmanaged: unmanagedOf("members", "invitations", "wallets"),
  unmanagedApps: unmanagedByWorkspace.describe(
    "The workspaces whose apps the manifest leaves out, by id. `apps` and `workspaces` keep the recorded ones.",
  ),
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
  trialStarted: z.string().optional().describe("When its trial began, in any generation."),
  isDeleted: z
    .literal(true)
    .optional()
    .describe(
      "Whether a run deleted it. It never becomes active again, unlike one whose row was changed by hand.",
    ),
});

type Inputs = z.infer<typeof organizationInputs>;
type Outputs = z.infer<typeof organizationOutputs>;

export const organization = defineResource({
  type: "control-plane:Organization",
  description:
    "An organization's rows in the control plane: itself, its members, invitations, quotas, wallets and trial, in one transaction. Members, invitations and wallets that the app manages are left unchanged. One that is declared becomes the manifest's. Collections that the manifest leaves out are left unchanged, apart from the owner. One that isn't active keeps its rows, and its members reach nothing. A deleted one doesn't become active again: its next generation has another id. Removing the resource sets the state to deleted, removes all members, including the app's, withdraws the invitations and claim tokens, and stops automatic reloads. The organization, its ledger and its trial are kept.",
  inputs: organizationInputs,
  outputs: organizationOutputs,
  replaceOn: ["controlPlane", "platform", "organizationId"],
  stable: ["issuer"],

  keepUnmanaged: (before, after) =>
    keepApps(
      before,
      keepUnmanaged(before, after, {
        members: keptPeopleOf("members"),
        invitations: keptMap("invitations"),
        wallets: {
          count: ({ wallets }) =>
            Object.values(recordOf(wallets)).filter((wallet) => "autoReload" in recordOf(wallet)).length,
          keep: (recorded, declared) => ({
            ...declared,
            wallets: keptWallets(recordOf(recorded.wallets), recordOf(declared.wallets)),
          }),
        },
      }),
    ),

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

  async observe(context, prior) {
    const { inputs } = prior;
    const database = await context.controlPlane(inputs.controlPlane);
    return database.read(async (query) => {
      const found = await read(query, inputs);
      if (found === undefined) return undefined;
      return {
        inputs: found,
        outputs: { ...(await outputs(query, database.ref, inputs)), ...buried(prior) },
      };
    });
  },

  async ensure(context, inputs, prior) {
    const database = await context.controlPlane(inputs.controlPlane);
    return database.transaction(async (query) => {
      if (prior === undefined || prior.outputs.isDeleted) await assertFollows(query, inputs, prior);
      if (prior !== undefined && prior.inputs.name !== inputs.name) await freeName(query, inputs);
      const isOvertaken = await mayBeOvertaken(query, inputs);
      await write(query, inputs);
      if (isOvertaken) await applyNewestStatus(query, context, inputs);
      const isDeleted = inputs.state === "deleted" ? { isDeleted: true as const } : {};
      return {
        id: inputs.organizationId,
        outputs: { ...(await outputs(query, database.ref, inputs)), ...isDeleted },
      };
    });
  },

  async remove(context, { inputs }) {
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    await database?.transaction((query) => close(query, inputs.organizationId));
  },
});

/** The platform decides which wallets there are. */
function keptWallets(before: Raw, after: Raw): Raw {
  return Object.fromEntries(
    Object.entries(after).map(([name, wallet]) => [
      name,
      Object.hasOwn(before, name) ? before[name] : wallet,
    ]),
  );
}

/** Keeps the recorded apps of workspaces whose manifest leaves them out. */
function keepApps(before: Raw, after: Raw): Raw {
  const [apps, workspaces] = [recordOf(before.apps), recordOf(before.workspaces)];
  const namesIn = (id: string) => listOf(recordOf(apps[id]).names);
  const kept = keptNames(before, after, "unmanagedApps", (id) => namesIn(id).length > 0);
  const named = kept.map(
    (id) => [id, { ...recordOf(recordOf(after.apps)[id]), names: namesIn(id) }] as const,
  );
  const living = kept
    .filter((id) => Object.hasOwn(recordOf(after.workspaces), id))
    .map((id) => [id, { domainApps: listOf(recordOf(workspaces[id]).domainApps) }] as const);
  return {
    ...withNames(after, "unmanagedApps", kept),
    apps: { ...recordOf(after.apps), ...Object.fromEntries(named) },
    workspaces: { ...recordOf(after.workspaces), ...Object.fromEntries(living) },
  };
}

/** @throws UserError */
async function assertFollows(
  query: Query,
  inputs: Inputs,
  prior: { readonly outputs: Partial<Outputs> } | undefined,
): Promise<void> {
  // Its row isn't asked about this generation: a stack that was destroyed may be created again.
  const own = { generation: inputs.generation, isDeleted: prior?.outputs.isDeleted === true };
  const others = await query<Generation>(
    `select generation, state = 'deleted' as "isDeleted" from public.organizations
     where platform_id = $1 and name = $2 and generation <> $3`,
    [inputs.platform, inputs.name, inputs.generation],
  );
  const refused = refusedGeneration(inputs, [own, ...others]);
  if (refused === undefined) return;
  const { message, remedy } = refused;
  throw new UserError(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`, { remedy });
}

/**
 * Frees the name of a renamed organization. If another one still has it, that one is renamed in the same run, because two
 * organizations may swap their names: it gets a name of its id until its own row is written.
 *
 * @throws UserError if the product gave the name to another organization
 */
async function freeName(query: Query, inputs: Inputs): Promise<void> {
  const [holder] = await query<{ id: string; isDeclared: boolean }>(
    `select id, managed_by = 'manifest' as "isDeclared" from public.organizations
     where platform_id = $1 and name = $2 and generation = $3 and id <> $4 for no key update`,
    [inputs.platform, inputs.name, inputs.generation, inputs.organizationId],
  );
  if (holder === undefined) return;
  if (!holder.isDeclared)
    throw new UserError(
      `The organization can't be renamed to ${inputs.name}, because an organization that was created in the product has that name.`,
      { remedy: "Choose another name, or rename the other organization in the product first." },
    );
  await query("update public.organizations set name = 'renamed-' || left(id::text, 8) where id = $1", [
    holder.id,
  ]);
}

/** Only a run buries an organization, and it stays buried, whatever its row says. */
function buried({ outputs }: { readonly outputs: Partial<Outputs> }): Pick<Outputs, "isDeleted"> {
  return outputs.isDeleted ? { isDeleted: true } : {};
}

/** The limited part of the declaration. Undefined while an input is unknown. */
function declaredOf({
  plan,
  planLimits,
  overrides,
  lapsedLimits = [],
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
    lapsed: lapsedLimits,
    allowed: planLimits,
    things: {
      seats: [...Object.keys(members), ...Object.keys(invitations)],
      workspaces: Object.keys(workspaces),
      customDomains: domains,
    },
  };
}

async function write(query: Query, inputs: Inputs): Promise<void> {
  const owner = { organization_id: inputs.organizationId };
  // First, even if it doesn't differ: this locks the row, so nobody else takes what is limited meanwhile.
  await organizations.syncOne(query, { id: inputs.organizationId }, organizations.rowFrom(inputs));
  await quotas.syncOne(query, owner, quotas.rowFrom(inputs.limits));
  await enforceLimits(query, inputs.organizationId, async () => {
    await members.sync(query, owner, ownerLast(await wantedMembers(query, inputs)));
    if (inputs.unmanaged?.invitations === undefined)
      await invitations.sync(query, owner, invitations.rowsFrom(inputs.invitations, "email"));
    await declaredWorkspaces.sync(query, owner, declaredWorkspaces.rowsFrom(inputs.workspaces, "id"));
  });
  await query("select private.open_workspaces($1)", [inputs.organizationId]);
  const declared = wallets.rowsFrom(inputs.wallets, "name");
  if (inputs.unmanaged?.wallets === undefined) await wallets.sync(query, owner, declared);
  else await wallets.insert(query, owner, declared, "on conflict do nothing");
  if (inputs.trial !== undefined) await beginTrial(query, inputs, inputs.trial);
}

/**
 * The members of the manifest. If it leaves them out, all stay as they are, except for who was the owner: without another recorded
 * role, nothing in the manifest lets that person in any more.
 */
async function wantedMembers(query: Query, inputs: Inputs) {
  const declared = members.rowsFrom(inputs.members, "email");
  if (inputs.unmanaged?.members === undefined) return declared;
  const [owner] = declared.filter(({ role }) => role === "owner");
  const present = await members.read(query, { organization_id: inputs.organizationId });
  const others = present.flatMap((member) => {
    if (member.email === owner?.email) return [];
    if (member.role !== "owner") return members.rowsFrom({ [member.email]: member }, "email");
    return declared.filter(({ email }) => email === member.email);
  });
  return owner === undefined ? others : [...others, owner];
}

/**
 * Whether the row says something else about the subscription than the inputs: the run's reading of Stripe is newer, or the
 * webhook has read Stripe since then. Locks the row, so that the webhook waits.
 */
async function mayBeOvertaken(query: Query, inputs: Inputs): Promise<boolean> {
  if (inputs.stripeCustomer === undefined || inputs.subscriptionStatus === undefined) return false;
  const [row] = await query<{ differs: boolean }>(
    `select (subscription_status, stripe_subscription, plan_in_force) is distinct from ($2, $3, $4) as differs
     from public.organizations where id = $1 for no key update`,
    [
      inputs.organizationId,
      inputs.subscriptionStatus,
      inputs.stripeSubscription ?? null,
      inputs.planInForce ?? null,
    ],
  );
  return row?.differs ?? false;
}

/** What Stripe says now is newer than both. */
async function applyNewestStatus(query: Query, context: Context, { stripeCustomer }: Inputs): Promise<void> {
  const account = stripeCustomer === undefined ? undefined : await lockAccountOf(query, stripeCustomer);
  if (account !== undefined) await applySubscriptionStatus(query, context.stripe, account, context.today);
}

async function read(query: Query, prior: Inputs): Promise<Inputs | undefined> {
  const {
    organizationId,
    firstName,
    controlPlane,
    apps,
    planLimits,
    lapsedLimits,
    unmanaged,
    unmanagedApps,
  } = prior;
  const owner = { organization_id: organizationId };
  const organization = await organizations.find(query, { id: organizationId });
  if (organization === undefined) return undefined;
  const trial = await trialOf(query, prior);
  return {
    ...organization,
    controlPlane,
    organizationId,
    ...(firstName && { firstName }),
    apps,
    ...(planLimits && { planLimits }),
    ...(lapsedLimits && { lapsedLimits }),
    ...(unmanaged && { unmanaged }),
    ...(unmanagedApps && { unmanagedApps }),
    limits: (await quotas.find(query, owner)) ?? prior.limits,
    members: comparedPeople({ unmanaged }, prior.members, mapBy(await members.read(query, owner), "email")),
    invitations:
      unmanaged?.invitations === undefined
        ? mapBy(await invitations.read(query, owner), "email")
        : prior.invitations,
    wallets:
      unmanaged?.wallets === undefined ? mapBy(await wallets.read(query, owner), "name") : prior.wallets,
    workspaces: mapBy(await declaredWorkspaces.read(query, owner), "id"),
    ...(trial && prior.trial && { trial: prior.trial }),
  };
}

async function outputs(query: Query, ref: string, inputs: Inputs): Promise<Outputs> {
  const trial = await trialOf(query, inputs);
  return {
    issuer: issuerOf(ref),
    ...(trial !== undefined && { trialStarted: trial.started }),
  };
}

/** An organization has one owner at any moment, so the old owner loses the role before the new one gets it. */
function ownerLast<Row extends { readonly role: string }>(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => Number(a.role === "owner") - Number(b.role === "owner"));
}

/** The trial belongs to the organization's first name, not its id: a new generation gets no new trial. */
async function beginTrial(query: Query, inputs: Inputs, trial: NonNullable<Inputs["trial"]>): Promise<void> {
  await query(
    `insert into public.trials (platform_id, organization_name, organization_id, plan, started_at, ends_at, managed_by)
     values ($1, $2, $3, $4, $5, greatest($6, $5::timestamptz + interval '1 second'), 'manifest')
     on conflict (platform_id, organization_name) do nothing`,
    [
      inputs.platform,
      inputs.firstName ?? inputs.name,
      inputs.organizationId,
      trial.plan,
      trial.started,
      trial.ends,
    ],
  );
}

async function trialOf(query: Query, inputs: Inputs): Promise<{ readonly started: string } | undefined> {
  const [trial] = await query<{ started: string }>(
    `select to_json(started_at) #>> '{}' as started from public.trials
     where platform_id = $1 and organization_name = $2`,
    [inputs.platform, inputs.firstName ?? inputs.name],
  );
  return trial;
}

/** Removes everybody, including people of the app: nobody could remove them afterwards. */
async function close(query: Query, id: string): Promise<void> {
  // Each function of the product takes this lock first. So this transaction sees everybody who is let in.
  const [row] = await query<{ hasState: boolean }>(
    `select to_jsonb(organizations) ? 'state' as "hasState" from public.organizations
     where id = $1 for no key update`,
    [id],
  );
  await query("delete from public.members where organization_id = $1", [id]);
  await query("delete from public.invitations where organization_id = $1", [id]);
  await query("delete from public.claim_tokens where organization_id = $1 and claimed_at is null", [id]);
  await query("delete from private.declared_workspaces where organization_id = $1", [id]);
  await query("update public.wallets set reload_enabled = false where organization_id = $1", [id]);
  // A control plane that 0.2.0 made has no such column. Its next update derives the state from what this deleted.
  if (row?.hasState === true) await organizations.patch(query, { id }, { state: "deleted" });
}
