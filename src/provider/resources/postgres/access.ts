import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import { issuerOf } from "../../../control-plane/control-plane.ts";
import type { Context } from "../../../vendors/connections.ts";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { membershipOf, undeclared } from "../../../vendors/postgres/closed-world/undeclared.ts";
import type { Found } from "../../../vendors/postgres/closed-world/world.ts";
import { refusalOf } from "../../../vendors/postgres/refusal.ts";
import { readProjectCatalog, runScript } from "../../../vendors/postgres/run-script.ts";
import {
  type AccessSpecification,
  closeEach,
  FOREIGN_ROLE,
  grantAccess,
  MISPLACED_EXTENSION,
  revokeAccess,
} from "../../../vendors/postgres/scripts/access.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import { sameNames } from "./found.ts";
import { isRestored } from "./schema.ts";

const extensions = z.record(
  z.string(),
  z.strictObject({ schema: z.string().describe("The schema of its objects.") }),
);

const schemas = z.record(
  z.string(),
  z.strictObject({
    usage: z.array(z.string()).describe("The roles that may use the schema. No other API role may."),
  }),
);

export const accessInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  roles: z
    .record(
      z.string(),
      z.strictObject({
        login: z.boolean().optional().describe("Default false."),
        inherit: z.boolean().optional().describe("Default false."),
        bypassRowSecurity: z.boolean().optional().describe("Default false."),
      }),
    )
    .optional()
    .describe(
      "Roles by name. An existing role is adopted if it matches the declaration. Roles are never dropped.",
    ),
  extensions: extensions.optional().describe("Extensions by name. Never dropped."),
  schemas: schemas.optional().describe("Schemas by name. Created if missing, never dropped."),
  defaultPrivileges: z
    .array(
      z.strictObject({
        schema: z.string().optional().describe("Default: every schema."),
        on: z.enum(["tables", "sequences", "functions", "types"]).describe("The kind of new object."),
        revokeFrom: z
          .array(z.string())
          .describe(
            "Roles, or `public`, that get no privileges on new objects of the project's `postgres` role.",
          ),
      }),
    )
    .optional()
    .describe("The privileges that new objects don't grant."),
  settings: z
    .record(
      z.string(),
      z
        .record(z.string(), z.string())
        .describe("By name, with an extension's prefix: `pgrst.db_pre_request`."),
    )
    .optional()
    .describe("Settings by role. PostgREST reads the settings of `authenticator`."),
  memberships: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .describe("The roles that each role is a member of, by its name."),
  buckets: z
    .record(
      z.string(),
      z.strictObject({
        public: z.boolean().optional().describe("Whether its files are public. Default false."),
      }),
    )
    .optional()
    .describe("The storage buckets that may exist. This resource creates none."),
  elsewhere: z
    .strictObject({
      schemas: schemas.optional().describe("Schemas and the roles that may use them."),
      extensions: extensions.optional().describe("Extensions."),
      policies: z.array(z.string()).optional().describe("Tables outside these schemas that have policies."),
    })
    .optional()
    .describe(
      "Objects that other resources declare in the same database. They aren't written here and don't count as undeclared.",
    ),
  undeclared: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: everything in the database that grants access and that neither Supabase created nor a resource declares.",
    ),
});

const accessOutputs = z.object({});

type Inputs = z.infer<typeof accessInputs>;

export const access = defineProjectScoped({
  type: "postgres:Access",
  description:
    "The roles and their settings, extensions, schema usage and default privileges of one database, written in one transaction. It manages the roles of the data API and those that it names, and never changes the attributes of other roles. A refresh lists everything else in the database that grants access; the next update closes what it can close without destroying anything. Removing the resource revokes the usage of its schemas and leaves everything else.",
  inputs: accessInputs,
  outputs: accessOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ defaultPrivileges = [], settings = {}, undeclared }) => [
    ...(undeclared === undefined
      ? []
      : [{ property: "undeclared", reason: "is set by a refresh and can't be declared" }]),
    ...defaultPrivileges.flatMap(({ schema, on, revokeFrom }, index) =>
      schema !== undefined && revokeFrom.includes("public")
        ? [
            {
              property: `defaultPrivileges[${index}].revokeFrom`,
              reason: `PostgreSQL can't revoke the default privileges of public on new ${on} in a single schema; remove \`schema\``,
            },
          ]
        : [],
    ),
    ...Object.entries(settings).flatMap(([role, values]) =>
      Object.keys(values)
        .filter((name) => !/^[a-z_]\w*\.[a-z_]\w*$/.test(name))
        .map((name) => ({
          property: `settings["${role}"]["${name}"]`,
          reason: `expected an extension's setting in lower case, such as pgrst.db_pre_request, found ${name}`,
        })),
    ),
  ],

  async observe(context, prior) {
    try {
      const catalog = await readProjectCatalog(context.supabase, prior.inputs.project);
      return {
        inputs: { ...foundAccess(prior.inputs, catalog), ...foundBeyond(prior.inputs, catalog) },
        outputs: {},
      };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async ensure(context, inputs, prior) {
    const script = grantAccess({
      ...specified(inputs),
      formerly: prior ? rolesNamed(prior.inputs) : [],
      formerSettings: prior?.inputs.settings ?? {},
    });
    try {
      const catalog = await runScript(context.supabase, inputs.project, "access", script, context.signal);
      await close(context, inputs, prior?.inputs, catalog);
    } catch (error) {
      throw explained(error, inputs.project);
    }
    return { id: `${inputs.project}/access`, outputs: {} };
  },

  async remove(context, { inputs }) {
    try {
      await runScript(
        context.supabase,
        inputs.project,
        "access",
        revokeAccess(inputs.schemas ?? {}),
        context.signal,
      );
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  },
});

/**
 * Closes undeclared access. The first run closes all of it; later runs close what the last refresh found, so that a preview
 * has shown it. The next refresh lists whatever couldn't be closed.
 *
 * @param prior the recorded inputs; undefined in the first run
 */
async function close(
  context: Context,
  inputs: Inputs,
  prior: Inputs | undefined,
  catalog: Catalog,
): Promise<void> {
  const { project } = inputs;
  const shown = prior && new Set(Object.keys(prior.undeclared ?? {}));
  const open = undeclared(inputs, catalog, issuerOf(project)).filter(
    ({ identity }) => shown === undefined || shown.has(identity),
  );
  const statements = open.flatMap(({ close }) => close ?? []);
  if (statements.length === 0) return reportUnclosed(context, open);
  const script = closeEach(statements);
  const after = await runScript(
    context.supabase,
    project,
    "closing undeclared access",
    script,
    context.signal,
  );
  const remaining = new Set(after.world.map(({ identity }) => identity));
  reportUnclosed(
    context,
    open.filter(({ identity }) => remaining.has(identity)),
  );
}

function reportUnclosed(context: Context, open: readonly Found[]): void {
  if (open.length === 0) return;
  const [first] = open;
  const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
  context.status(`undeclared access remains: ${first?.identity}${more}; tenantry verify lists all`);
}

function specified(inputs: Inputs): Omit<AccessSpecification, "formerly" | "formerSettings"> {
  const roles = Object.entries(inputs.roles ?? {}).map(
    ([name, { login = false, inherit = false, bypassRowSecurity = false }]) =>
      [name, { login, inherit, bypassRowSecurity }] as const,
  );
  return {
    roles: Object.fromEntries(roles),
    extensions: inputs.extensions ?? {},
    schemas: inputs.schemas ?? {},
    defaultPrivileges: inputs.defaultPrivileges ?? [],
    settings: inputs.settings ?? {},
    memberships: inputs.memberships ?? {},
  };
}

function rolesNamed({ schemas = {} }: Inputs): string[] {
  return [...new Set(Object.values(schemas).flatMap(({ usage }) => usage))];
}

/** Undeclared access by its identity, including the differences that `postgres:Schema` reports but doesn't repair. */
function foundBeyond(declared: Inputs, catalog: Catalog): Pick<Inputs, "undeclared"> {
  const { ledger } = catalog;
  const objects = Object.entries(ledger?.differences ?? {})
    .filter(([identity, difference]) => ledger === null || !isRestored(ledger, identity, difference))
    .map(([identity, difference]) => [identity, `is ${difference}`]);
  const found = undeclared(declared, catalog, issuerOf(declared.project)).map(({ identity, opens }) => [
    identity,
    opens,
  ]);
  const all = [...objects, ...found];
  return all.length === 0 ? {} : { undeclared: Object.fromEntries(all) };
}

/** The declared inputs with their live values. Missing entries are left out. */
export function foundAccess(declared: Inputs, catalog: Pick<Catalog, "access" | "world">): Inputs {
  const { access: today, world } = catalog;
  const present = new Set(world.map(({ identity }) => identity));
  return {
    project: declared.project,
    ...(declared.buckets && { buckets: declared.buckets }),
    ...(declared.elsewhere && { elsewhere: declared.elsewhere }),
    ...(declared.memberships && {
      memberships: existing(declared.memberships, (member, roles) =>
        roles.filter((role) => present.has(membershipOf(member, role))),
      ),
    }),
    ...(declared.roles && {
      roles: existing(declared.roles, (name, role) => foundRole(role, today.roles[name])),
    }),
    ...(declared.extensions && {
      extensions: existing(declared.extensions, (name) => today.extensions[name]),
    }),
    ...(declared.schemas && {
      schemas: existing(declared.schemas, (name, { usage }) => foundUsage(usage, name, declared, today)),
    }),
    ...(declared.defaultPrivileges && {
      defaultPrivileges: declared.defaultPrivileges.map((entry) => foundDefault(entry, today)),
    }),
    ...(declared.settings && {
      settings: existing(declared.settings, (role, settings) =>
        existing(settings, (name) => today.settings[role]?.[name]),
      ),
    }),
  };
}

/** The declared entries that exist, with their live values. */
function existing<D, F>(
  declared: Readonly<Record<string, D>>,
  find: (name: string, declared: D) => F | undefined,
): Record<string, F> {
  const entries: Record<string, F> = {};
  for (const [name, entry] of Object.entries(declared)) {
    const existing = find(name, entry);
    if (existing !== undefined) entries[name] = existing;
  }
  return entries;
}

type Role = NonNullable<Inputs["roles"]>[string];

/** An attribute that isn't declared and has its default value stays absent. */
function foundRole(declared: Role, role: Required<Role> | undefined): Role | undefined {
  if (role === undefined) return undefined;
  const attributes = ["login", "inherit", "bypassRowSecurity"] as const;
  return Object.fromEntries(
    attributes
      .filter((attribute) => role[attribute] || declared[attribute] !== undefined)
      .map((attribute) => [attribute, role[attribute]]),
  );
}

function foundUsage(
  declared: readonly string[],
  schema: string,
  inputs: Inputs,
  today: Catalog["access"],
): { usage: string[] } | undefined {
  const managed = new Set([...today.apiRoles, ...rolesNamed(inputs)]);
  const usage = today.schemas[schema]?.usage.filter((role) => managed.has(role));
  return usage && { usage: sameNames(declared, usage) };
}

type DefaultPrivilege = NonNullable<Inputs["defaultPrivileges"]>[number];

/** The roles of `revokeFrom` that have no default privileges. */
function foundDefault(entry: DefaultPrivilege, today: Catalog["access"]): DefaultPrivilege {
  const granted = today.defaultPrivileges
    .filter(({ schema, on }) => schema === (entry.schema ?? null) && on === entry.on)
    .flatMap(({ roles }) => roles);
  return { ...entry, revokeFrom: entry.revokeFrom.filter((role) => !granted.includes(role)) };
}

function explained(error: unknown, project: string): unknown {
  const refusal = refusalOf(error);
  if (refusal?.state === FOREIGN_ROLE)
    return new UserError(
      `Project ${project} has a role ${refusal.names} that tenantry didn't create and that differs from its declaration.`,
      { remedy: "Declare the role with its existing attributes, or under another name.", cause: error },
    );
  if (refusal?.state === MISPLACED_EXTENSION)
    return new UserError(
      `Project ${project} has the extension ${refusal.names}. An extension can't be moved to another schema.`,
      {
        remedy:
          "Declare the schema that it is in. Or drop the extension first; that also drops everything that uses it.",
        cause: error,
      },
    );
  return error;
}
