import { UserError, VendorError } from "@tenantry/core/errors";
import { recordOf } from "@tenantry/core/is-record";
import { ownProperty } from "@tenantry/core/own-property";
import * as z from "zod";
import { controlPlane, issuerOf } from "../../../control-plane/control-plane.ts";
import { lifecycleState } from "../../../shared/lifecycle.ts";
import type { Context } from "../../../vendors/connections.ts";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { readProjectCatalog, runForResult } from "../../../vendors/postgres/run-script.ts";
import {
  closeUndeclared,
  type GuardSpecification,
  unclosedShape,
} from "../../../vendors/postgres/scripts/guard.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { poll } from "../../../vendors/supabase/poll.ts";
import { findProject, isReachable, isResponding, isRestarting } from "../../../vendors/supabase/projects.ts";
import { defineResource } from "../../runtime/schema.ts";
import {
  isLeft,
  keepGrants,
  keepUnmanaged,
  keptPeopleOf,
  unmanagedGrants,
  unmanagedOf,
} from "../../unmanaged.ts";
import { apiGroup } from "../supabase/settings/api.ts";
import { thirdPartyAuthGroup } from "../supabase/settings/third-party-auth.ts";
import { canonical, split } from "./row-security-state.ts";

const guardInputs = z.strictObject({
  organization: z.string().describe("The slug of the Supabase organization."),
  name: z.string().describe("The name of the Supabase project."),
  state: lifecycleState.default("active").describe("The project's lifecycle state. Default `active`."),
  schemas: z.record(z.string(), z.array(z.string())).describe("The roles that may use each schema."),
  functions: z
    .record(z.string(), z.array(z.string()))
    .describe("The roles that may call each function, by signature."),
  tables: z
    .record(
      z.string(),
      z.strictObject({
        grants: z
          .record(z.string(), z.array(z.string()))
          .optional()
          .describe("Privileges by role. If absent, privileges aren't managed."),
        policies: z.array(z.string()).describe("The names of its policies."),
      }),
    )
    .describe("Tables and views by name."),
  workspace: z
    .strictObject({
      id: z.string().describe("The workspace's id."),
      controlPlane,
      members: z
        .record(
          z.string(),
          z.strictObject({
            role: z.enum(["owner", "admin", "member"]).describe("The role in the organization."),
          }),
        )
        .describe("Members by lower-case e-mail address."),
      unmanaged: unmanagedOf("members"),
      unmanagedGrants,
    })
    .optional()
    .describe("The workspace. Absent for a control plane."),
  open: z
    .record(z.string(), z.literal("not declared"))
    .optional()
    .describe("Set by a refresh only: the undeclared access that the next update revokes."),
});

const guardOutputs = z.object({});

type Inputs = z.infer<typeof guardInputs>;
type Workspace = NonNullable<Inputs["workspace"]>;

export const guard = defineResource({
  type: "postgres:Guard",
  description:
    "Revokes all undeclared access to one database: disabled row security, policies, privileges and members, and in a workspace also trusted token issuers and exposed schemas of the data API. It finds the project by its name and depends on no other resource, so that no other failure prevents the revocation. Each revocation is independent; those that fail are reported after the others succeeded. It grants nothing: see `RowSecurity` and `WorkspaceMembers`. Removing the resource changes nothing.",
  inputs: guardInputs,
  outputs: guardOutputs,
  replaceOn: ["organization"],
  stable: [],

  keepUnmanaged(before, after) {
    if (after.workspace === undefined) return after;
    const [recorded, declared] = [recordOf(before.workspace), recordOf(after.workspace)];
    const workspace = keepUnmanaged(recorded, keepGrants(recorded, declared, "members"), {
      members: keptPeopleOf("members"),
    });
    return { ...after, workspace };
  },

  validate: ({ open }) =>
    open === undefined ? [] : [{ property: "open", reason: "is set by a refresh and can't be declared" }],

  async observe(context, prior) {
    const { open: _, ...inputs } = prior.inputs;
    if (inputs.state !== "active") return prior;
    const ref = await reachable(context, inputs, prior.inputs.name);
    if (ref === undefined) return { inputs, outputs: {} };
    const catalog = await readProjectCatalog(context.supabase, ref);
    const issuer = inputs.workspace && (await issuerIfKnown(context, inputs.workspace));
    const found = openIn(inputs, catalog, issuer);
    if (inputs.workspace !== undefined) {
      const allowed = allowedServices(inputs, issuer);
      found.push(...(await servicesBeyond(context, ref, allowed)).map(({ subject }) => subject));
    }
    if (found.length === 0) return { inputs, outputs: {} };
    const open = Object.fromEntries(found.map((subject) => [subject, "not declared" as const]));
    return { inputs: { ...inputs, open }, outputs: {} };
  },

  async ensure(context, inputs, prior) {
    const id = prior?.id ?? inputs.name;
    if (inputs.state === "deleted") return { id, outputs: {} };
    const ref = await reachable(context, inputs, prior?.inputs.name ?? inputs.name);
    if (ref !== undefined) await closeThroughRestart(context, inputs, ref);
    return { id, outputs: {} };
  },

  remove: async () => {},
});

/**
 * The project's ref, or undefined if its database isn't running: there is no access to a project that is missing or paused.
 *
 * @param before the project's name before this run
 */
async function reachable(context: Context, inputs: Inputs, before: string): Promise<string | undefined> {
  for (const name of new Set([before, inputs.name])) {
    const found = await findProject(context.supabase, inputs.organization, name);
    if (found !== undefined) return isResponding(found.status) ? found.ref : undefined;
  }
  return undefined;
}

/** Revokes undeclared access. If the project restarts meanwhile, for example to change its size, waits and tries again. */
async function closeThroughRestart(context: Context, inputs: Inputs, ref: string): Promise<void> {
  try {
    await close(context, inputs, ref);
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    const { supabase, signal } = context;
    await poll(`project ${ref} to answer`, signal, async () => !(await isRestarting(supabase, ref)));
    if (await isReachable(supabase, ref)) await close(context, inputs, ref);
  }
}

/** Closes services and database independently: services can be closed even if the database doesn't answer. */
async function close(context: Context, inputs: Inputs, ref: string): Promise<void> {
  const { workspace } = inputs;
  const issuer = workspace && (await issuerIfKnown(context, workspace));
  const services =
    workspace === undefined ? undefined : closeServices(context, ref, allowedServices(inputs, issuer));
  const [closedServices, closedDatabase] = await Promise.allSettled([
    services,
    closeDatabase(context, inputs, ref, issuer),
  ]);
  if (closedDatabase.status === "rejected") throw closedDatabase.reason;
  if (closedServices.status === "rejected") throw closedServices.reason;
}

async function closeDatabase(
  context: Context,
  inputs: Inputs,
  ref: string,
  issuer: string | undefined,
): Promise<void> {
  const { workspace, state } = inputs;
  const script = closeUndeclared({
    access: accessOf(inputs),
    ...(workspace && {
      workspace: {
        id: workspace.id,
        isClosed: state !== "active",
        issuer: issuer ?? null,
        members: workspace.members,
        left: {
          everybody: workspace.unmanaged?.members !== undefined,
          people: Object.keys(workspace.unmanagedGrants ?? {}),
        },
      },
    }),
  });
  let answer: unknown;
  try {
    answer = await runForResult(context.supabase, ref, "access that is not declared", script, context.signal);
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  const unclosed = unclosedShape.parse(answer);
  if (unclosed.length === 0) return;
  throw new UserError(
    [
      `Some undeclared access to project ${ref} couldn't be revoked. All other undeclared access was revoked.`,
      ...unclosed.map(({ subject, problem }) => `  ${subject}: ${problem}`),
    ].join("\n"),
    { remedy: "Revoke it as the role that owns the object, or drop the object; then run again." },
  );
}

/** The access that a workspace's services may grant. */
interface Services {
  readonly schemas: readonly string[];
  /** Undefined while the control plane's project is unknown. */
  readonly issuers: readonly string[] | undefined;
}

function allowedServices({ state }: Inputs, issuer: string | undefined): Services {
  if (state !== "active") return { schemas: [], issuers: [] };
  return { schemas: ["public"], issuers: issuer === undefined ? undefined : [issuer] };
}

/** Undeclared access through services: a description for people, and the function that closes it. */
async function servicesBeyond(
  context: Context,
  ref: string,
  { schemas, issuers }: Services,
): Promise<readonly { readonly subject: string; readonly close: () => Promise<void> }[]> {
  const [api, trusted] = await Promise.all([
    apiGroup.observe(context, ref, { schemas: [...schemas] }),
    issuers && thirdPartyAuthGroup.observe(context, ref, []),
  ]);
  const kept = (api.schemas ?? []).filter((schema) => schemas.includes(schema));
  const exposed = (api.schemas ?? []).filter((schema) => !schemas.includes(schema));
  const foreign = (trusted ?? []).filter(({ issuer = "" }) => !issuers?.includes(issuer));
  const rest = (trusted ?? []).filter((each) => !foreign.includes(each));
  return [
    ...exposed.map((schema) => ({
      subject: `the data API exposes the schema ${schema}`,
      close: () => apiGroup.ensure(context, ref, { schemas: kept }, false, undefined),
    })),
    ...foreign.map(({ issuer, jwksUrl }) => ({
      subject: `tokens of ${issuer ?? jwksUrl} are trusted`,
      close: () => thirdPartyAuthGroup.ensure(context, ref, rest, false, undefined),
    })),
  ];
}

/** Closes services one by one. A failure doesn't stop the others. @throws the first failure, after all were tried */
async function closeServices(context: Context, ref: string, allowed: Services): Promise<void> {
  const failures: unknown[] = [];
  for (const { close } of await servicesBeyond(context, ref, allowed))
    await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** The issuer of the control plane's tokens. Undefined if the control plane has no project. */
async function issuerIfKnown(context: Context, workspace: Workspace): Promise<string | undefined> {
  const { organization, name } = workspace.controlPlane;
  const found = await findProject(context.supabase, organization, name);
  return found && issuerOf(found.ref);
}

function accessOf({ schemas, functions, tables }: Inputs): GuardSpecification["access"] {
  const roles = [
    ...Object.values(schemas).flat(),
    ...Object.values(functions).flat(),
    ...Object.values(tables).flatMap(({ grants = {} }) => Object.keys(grants)),
  ];
  const callable = Object.entries(functions).map(([name, execute]) => [canonical(name), execute] as const);
  const readable = Object.entries(tables).map(([name, { grants, policies }]) => {
    if (grants === undefined) return [name, { policies }] as const;
    const byColumn = Object.entries(grants).map(([role, given]) => [role, split(given)] as const);
    return [name, { grants: Object.fromEntries(byColumn), policies }] as const;
  });
  return {
    roles: [...new Set(roles)].sort(),
    schemas,
    functions: Object.fromEntries(callable),
    tables: Object.fromEntries(readable),
  };
}

/** Undeclared access in the database, described for people. */
function openIn({ schemas, workspace }: Inputs, catalog: Catalog, issuer: string | undefined): string[] {
  if (catalog.openings === null) return [];
  const subjects = new Set(catalog.openings);
  const managed = new Set(catalog.access.apiRoles);
  for (const [schema, { usage }] of Object.entries(catalog.access.schemas))
    for (const role of usage)
      if (schema !== "public" && managed.has(role) && schemas[schema]?.includes(role) !== true)
        subjects.add(`${role} has usage on the schema ${schema}`);
  if (workspace !== undefined) for (const each of entered(workspace, catalog, issuer)) subjects.add(each);
  return [...subjects].sort();
}

function entered(workspace: Workspace, catalog: Catalog, issuer: string | undefined): string[] {
  const { settings = null, members = [] } = catalog.workspace ?? {};
  if (settings === null || settings.workspace_id !== workspace.id) return [];
  const manifests = members.filter(({ managed_by }) => managed_by === "manifest");
  return [
    ...manifests.flatMap(({ email, role }) => {
      if (isLeft(workspace, email, role)) return [];
      const declared = ownProperty(workspace.members, email);
      if (declared === undefined) return [`member ${email} is not declared`];
      return declared.role === role ? [] : [`member ${email} is ${role}, not ${declared.role}`];
    }),
    ...(issuer === undefined || settings.issuer === issuer ? [] : ["the issuer of its tokens"]),
  ];
}
