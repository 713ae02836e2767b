import { UserError, VendorError } from "@tenantry/core/errors";
import { recordOf } from "@tenantry/core/is-record";
import * as z from "zod";
import { controlPlane, controlPlaneIfThere } from "../../../control-plane/control-plane.ts";
import { lifecycleState } from "../../../shared/lifecycle.ts";
import type { Query } from "../../../vendors/postgres/database.ts";
import { defineResource } from "../../runtime/schema.ts";
import {
  keepUnmanaged,
  keptList,
  keptNames,
  listOf,
  type Raw,
  unmanagedByWorkspace,
  unmanagedGrants,
  unmanagedOf,
  withNames,
} from "../../unmanaged.ts";

const role = z.enum(["owner", "admin", "member"]).describe("In the organization.");

const guardInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  state: lifecycleState
    .default("active")
    .describe("Members reach nothing of an organization that isn't active. Default `active`."),
  members: z.record(z.string(), role).describe("Roles by lower-case e-mail."),
  invitations: z.array(z.string()).describe("Lower-case e-mails."),
  claimTokens: z.array(z.string()).describe("Names."),
  workspaces: z
    .record(
      z.string(),
      z.strictObject({
        state: lifecycleState.describe("Members can enter an active workspace only."),
        access: z.array(z.string()).describe("Who may enter, by lower-case e-mail."),
        keys: z.array(z.string()).describe("The names of its API keys."),
      }),
    )
    .describe("By id."),
  unmanaged: unmanagedOf("members", "invitations", "claimTokens"),
  unmanagedGrants,
  unmanagedKeys: unmanagedByWorkspace.describe(
    "The workspaces whose API keys the manifest leaves out, by id.",
  ),
  open: z
    .record(z.string(), z.literal("not declared"))
    .optional()
    .describe("Never declared: a refresh lists the access to revoke here."),
});

const guardOutputs = z.object({});

type Inputs = z.infer<typeof guardInputs>;

export const guard = defineResource({
  type: "control-plane:Guard",
  description:
    "Revokes access in the control plane that an organization's manifest no longer grants: members, roles, invitations, claim tokens, access to workspaces, API keys, and an organization or workspaces that aren't active. It depends on no other resource, so a failing invoice, project or database can't keep access open. It grants nothing and ignores what the app manages and what the manifest leaves out. Removing it changes nothing.",
  inputs: guardInputs,
  outputs: guardOutputs,
  replaceOn: ["controlPlane", "organization"],
  stable: [],

  keepUnmanaged: (before, after) =>
    keepUnmanaged(before, keepKeys(before, keepGrantsByWorkspace(before, after)), {
      members: {
        count: ({ members }) => {
          const roles = Object.values(recordOf(members));
          return roles.length === 0 ? undefined : roles.filter((each) => each !== "owner").length;
        },
        keep: keepMembers,
      },
      invitations: keptList("invitations"),
      claimTokens: keptList("claimTokens"),
    }),

  validate: ({ open }) =>
    open === undefined ? [] : [{ property: "open", reason: "is found by a refresh, never declared" }],

  async observe(context, prior) {
    const { open: _, ...inputs } = prior.inputs;
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    if (database === undefined) return { inputs, outputs: {} };
    const found = await database.read((query) => ifMade(query, () => listOpen(query, inputs), []));
    if (found.length === 0) return { inputs, outputs: {} };
    const open = Object.fromEntries(found.map((subject) => [subject, "not declared" as const]));
    return { inputs: { ...inputs, open }, outputs: {} };
  },

  async ensure(context, inputs) {
    const id = `${inputs.organization}/guard`;
    const database = await controlPlaneIfThere(context, inputs.controlPlane);
    const problems =
      (await database?.transaction((query) => ifMade(query, () => close(query, inputs), []))) ?? [];
    if (problems.length > 0)
      throw new UserError(
        [
          "The control plane gives access that isn't declared and can't be revoked. All other undeclared access was revoked.",
          ...problems.map((problem) => `  ${problem}`),
        ].join("\n"),
        { remedy: "Remove what PostgreSQL names, then run again." },
      );
    return { id, outputs: {} };
  },

  remove: async () => {},
});

function keepMembers(before: Raw, after: Raw): Raw {
  const recorded = Object.entries(recordOf(before.members)).filter(([, role]) => role !== "owner");
  const people = [...recorded, ...Object.entries(recordOf(after.members))];
  const emails = recorded.map(([email]) => email);
  return { ...withAccess(before, after, emails), members: Object.fromEntries(people.sort(byName)) };
}

function keepGrantsByWorkspace(before: Raw, after: Raw): Raw {
  const recorded = new Set(
    Object.values(recordOf(before.workspaces)).flatMap((workspace) => listOf(recordOf(workspace).access)),
  );
  const emails = keptNames(before, after, "unmanagedGrants", (email) => {
    const role = recordOf(before.members)[email];
    // The access of an admin or an owner came with the role.
    return recorded.has(email) && role !== "admin" && role !== "owner";
  });
  return withAccess(before, withNames(after, "unmanagedGrants", emails), emails);
}

function keepKeys(before: Raw, after: Raw): Raw {
  const keysOf = (id: string) => listOf(recordOf(recordOf(before.workspaces)[id]).keys);
  const kept = keptNames(before, after, "unmanagedKeys", (id) => keysOf(id).length > 0);
  const workspaces = Object.entries(recordOf(after.workspaces)).map(
    ([id, workspace]) =>
      [id, kept.includes(id) ? { ...recordOf(workspace), keys: keysOf(id) } : workspace] as const,
  );
  return { ...withNames(after, "unmanagedKeys", kept), workspaces: Object.fromEntries(workspaces) };
}

/** With the recorded access of these people to each workspace that isn't deleted. */
function withAccess(before: Raw, after: Raw, emails: readonly string[]): Raw {
  if (emails.length === 0) return after;
  const recorded = recordOf(before.workspaces);
  const workspaces = Object.entries(recordOf(after.workspaces)).map(([id, value]) => {
    const workspace = recordOf(value);
    if (workspace.state === "deleted") return [id, workspace] as const;
    const known = listOf(recordOf(recorded[id]).access);
    const access = [...listOf(workspace.access), ...emails.filter((email) => known.includes(email))];
    return [id, { ...workspace, access: [...new Set(access)].sort() }] as const;
  });
  return { ...after, workspaces: Object.fromEntries(workspaces) };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const RANK = "array_position(array['member', 'admin', 'owner'],";

/** $1 is the organization, $2 the declaration. */
const IS_MANAGED = (collection: string) => `not $2::jsonb -> 'unmanaged' ? '${collection}'`;
/** The owner is always declared. */
const IS_MANAGED_MEMBER = `(role = 'owner' or ${IS_MANAGED("members")})`;
const WORKSPACE = "$2::jsonb -> 'workspaces' -> workspace_id::text";

/**
 * Access that may be open: the rows that give it, their names for people, and how to close it. They are closed in this order.
 *
 * The organization and its workspaces become `deleted` only when their own rows are written, because that can't be undone.
 */
const DOORS: readonly {
  readonly table: string;
  readonly open: string;
  readonly subject: string;
  /** Absent: the rows are deleted. */
  readonly set?: string;
}[] = [
  {
    table: "public.organizations",
    // As JSON, because a control plane that wasn't updated yet has no such column.
    open: "id = $1 and to_jsonb(organizations) ->> 'state' = 'active' and $2::jsonb ->> 'state' <> 'active'",
    subject: "'organization ' || name || ' is open'",
    set: "state = case $2::jsonb ->> 'state' when 'archived' then 'archived' else 'suspended' end",
  },
  {
    table: "public.workspaces",
    open: "organization_id = $1 and state in ('requested', 'active') and $2::jsonb #>> array['workspaces', id::text, 'state'] <> 'active'",
    subject: "'workspace ' || name || ' is open'",
    set: "state = case $2::jsonb #>> array['workspaces', id::text, 'state'] when 'archived' then 'archived' else 'suspended' end",
  },
  {
    table: "public.members",
    open: `organization_id = $1 and managed_by = 'manifest' and not $2::jsonb -> 'members' ? email
      and ${IS_MANAGED_MEMBER}`,
    subject: "'member ' || email",
  },
  {
    table: "public.members",
    open: `organization_id = $1 and managed_by = 'manifest'
      and ${RANK} $2::jsonb #>> array['members', email]) < ${RANK} role) and ${IS_MANAGED_MEMBER}`,
    subject: "email || ' as ' || role",
    set: "role = $2::jsonb #>> array['members', email]",
  },
  {
    table: "public.invitations",
    open: `organization_id = $1 and managed_by = 'manifest' and not $2::jsonb -> 'invitations' ? email
      and ${IS_MANAGED("invitations")}`,
    subject: "'invitation of ' || email",
  },
  {
    table: "public.claim_tokens",
    open: `organization_id = $1 and managed_by = 'manifest' and claimed_at is null
      and not $2::jsonb -> 'claimTokens' ? name and ${IS_MANAGED("claimTokens")}`,
    subject: "'claim token ' || name",
  },
  {
    table: "public.workspace_members",
    open: `organization_id = $1 and managed_by = 'manifest' and not ${WORKSPACE} -> 'access' ? email
      and ($2::jsonb #>> array['workspaces', workspace_id::text, 'state'] = 'deleted'
        or ${IS_MANAGED("members")} and not $2::jsonb -> 'unmanagedGrants' ? email)`,
    subject: "email || ' in the workspace ' || workspace_id",
  },
  {
    table: "public.api_keys",
    open: `workspace_id in (select id from public.workspaces where organization_id = $1)
      and managed_by = 'manifest' and revoked_at is null and (expires_at is null or expires_at > now())
      and not ${WORKSPACE} -> 'keys' ? name and not $2::jsonb -> 'unmanagedKeys' ? workspace_id::text`,
    subject: "'API key ' || name || ' of the workspace ' || workspace_id",
    set: "revoked_at = now()",
  },
];

async function listOpen(query: Query, inputs: Inputs): Promise<readonly string[]> {
  const each = DOORS.map(
    ({ table, open, subject }) => `select ${subject} as subject from ${table} where ${open}`,
  );
  const found = await query<{ subject: string }>(
    `${each.join(" union ")} order by subject`,
    parameters(inputs),
  );
  return found.map(({ subject }) => subject);
}

/** Closes each independently of the others. @returns what stays open, with PostgreSQL's messages */
async function close(query: Query, inputs: Inputs): Promise<readonly string[]> {
  // Each function of the product takes this lock first. So this transaction sees everybody who is let in.
  await query("select from public.organizations where id = $1 for no key update", [inputs.organization]);
  const failures: string[] = [];
  for (const { table, open, set } of DOORS) {
    const statement = set === undefined ? `delete from ${table}` : `update ${table} set ${set}`;
    const closing = `${statement} where ${open}`;
    if ((await attempt(query, closing, parameters(inputs))) === undefined) continue;
    // PostgreSQL refuses some row. The others are closed one by one.
    const rows = await query<{ id: string }>(
      `select ctid::text as id from ${table} where ${open}`,
      parameters(inputs),
    );
    for (const { id } of rows) {
      const failure = await attempt(query, `${closing} and ctid = $3::tid`, [...parameters(inputs), id]);
      if (failure !== undefined) failures.push(failure);
    }
  }
  const open = await listOpen(query, inputs);
  return open.length === 0 ? [] : [...open, ...failures];
}

/** @returns PostgreSQL's message if it refuses; nothing was changed then */
async function attempt(
  query: Query,
  statement: string,
  values: readonly string[],
): Promise<string | undefined> {
  await query("savepoint door");
  try {
    await query(statement, values);
    await query("release savepoint door");
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await query("rollback to savepoint door");
    return error.message;
  }
}

function parameters({
  organization,
  state,
  members,
  invitations,
  claimTokens,
  workspaces,
  unmanaged = {},
  unmanagedGrants = {},
  unmanagedKeys = {},
}: Inputs): [string, string] {
  const declared = { state, members, invitations, claimTokens, workspaces };
  return [organization, JSON.stringify({ ...declared, unmanaged, unmanagedGrants, unmanagedKeys })];
}

const UNDEFINED_TABLE = "42P01";

/** A control plane without tables lets nobody in. */
async function ifMade<T>(query: Query, work: () => Promise<T>, otherwise: T): Promise<T> {
  await query("savepoint made");
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof VendorError) || error.status !== UNDEFINED_TABLE) throw error;
    await query("rollback to savepoint made");
    return otherwise;
  }
}

/** Whether PostgreSQL refused the statement itself. A lock or a lost connection is no refusal. */
function isRefusal(error: unknown): error is VendorError {
  return (
    error instanceof VendorError &&
    typeof error.status === "string" &&
    !/^(08|40|55P03|57)/.test(error.status)
  );
}
