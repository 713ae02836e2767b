import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import { issuerOf } from "../../../control-plane/control-plane.ts";
import type { Context } from "../../../vendors/connections.ts";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { membershipOf, undeclared } from "../../../vendors/postgres/closed-world/undeclared.ts";
import type { Found } from "../../../vendors/postgres/closed-world/world.ts";
import { refusalOf } from "../../../vendors/postgres/refusal.ts";
import { look, run } from "../../../vendors/postgres/run-script.ts";
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
import { isPutBack } from "./schema.ts";

const extensions = z.record(
  z.string(),
  z.strictObject({ schema: z.string().describe("Where its objects are.") }),
);

const schemas = z.record(
  z.string(),
  z.strictObject({ usage: z.array(z.string()).describe("Roles; no other API role may use the schema.") }),
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
    .describe("Roles by name. One that exists and is as declared is adopted; none is ever dropped."),
  extensions: extensions.optional().describe("Extensions by name; none is ever dropped."),
  schemas: schemas.optional().describe("Schemas by name; made where missing, never dropped."),
  defaultPrivileges: z
    .array(
      z.strictObject({
        schema: z.string().optional().describe("Absent: in every schema."),
        on: z.enum(["tables", "sequences", "functions", "types"]).describe("The kind of new object."),
        revokeFrom: z
          .array(z.string())
          .describe("Roles (or `public`) that get nothing on new objects of the project's `postgres` role."),
      }),
    )
    .optional()
    .describe("What new objects grant."),
  settings: z
    .record(
      z.string(),
      z
        .record(z.string(), z.string())
        .describe("By name, with an extension's prefix, as `pgrst.db_pre_request`."),
    )
    .optional()
    .describe("Settings by role. PostgREST reads those of `authenticator`."),
  memberships: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .describe("The roles that a role may act as, by its name."),
  buckets: z
    .record(
      z.string(),
      z.strictObject({
        public: z.boolean().optional().describe("Whether anybody reads its files. Default false."),
      }),
    )
    .optional()
    .describe("The storage buckets that may exist; none is made here."),
  elsewhere: z
    .strictObject({
      schemas: schemas.optional().describe("Schemas and who may use them."),
      extensions: extensions.optional().describe("Extensions."),
      policies: z.array(z.string()).optional().describe("Tables outside these schemas that have policies."),
    })
    .optional()
    .describe(
      "What other resources of the same database declare: it isn't written here, and is no difference.",
    ),
  undeclared: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Never declared: a refresh lists here everything in the database that opens something and that neither Supabase brought nor anything declares.",
    ),
});

const accessOutputs = z.object({});

type Inputs = z.infer<typeof accessInputs>;

export const access = defineProjectScoped({
  type: "postgres:Access",
  description:
    "Roles and their settings, extensions, the use of schemas and default privileges of one database, in one transaction. It speaks for the roles of the data API and those that it names; the attributes of another role are never changed. A refresh lists what else in the database opens something; the next update closes what can be closed without destroying anything, and leaves the rest. Removing it takes the use of the schemas back and leaves the rest.",
  inputs: accessInputs,
  outputs: accessOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ defaultPrivileges = [], settings = {}, undeclared }) => [
    ...(undeclared === undefined
      ? []
      : [{ property: "undeclared", reason: "is found by a refresh, never declared" }]),
    ...defaultPrivileges.flatMap(({ schema, on, revokeFrom }, index) =>
      schema !== undefined && revokeFrom.includes("public")
        ? [
            {
              property: `defaultPrivileges[${index}].revokeFrom`,
              reason: `what everyone gets on new ${on} can't be taken back in one schema only: leave \`schema\` out`,
            },
          ]
        : [],
    ),
    ...Object.entries(settings).flatMap(([role, values]) =>
      Object.keys(values)
        .filter((name) => !/^[a-z_]\w*\.[a-z_]\w*$/.test(name))
        .map((name) => ({
          property: `settings["${role}"]["${name}"]`,
          reason: `${name} is PostgreSQL's own: only an extension's settings can be declared, in lower case, as pgrst.db_pre_request`,
        })),
    ),
  ],

  async observe(context, prior) {
    try {
      const catalog = await look(context.supabase, prior.inputs.project);
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
      const catalog = await run(context.supabase, inputs.project, "access", script, context.signal);
      await close(context, inputs, prior?.inputs, catalog);
    } catch (error) {
      throw explained(error, inputs.project);
    }
    return { id: `${inputs.project}/access`, outputs: {} };
  },

  async remove(context, { inputs }) {
    try {
      await run(
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
 * Closes what isn't declared: the first time all of it, later what the last refresh found, so that a preview has shown it.
 * What can't be closed stays in the list that the next refresh makes.
 *
 * @param prior what was recorded; undefined the first time
 */
async function close(
  context: Context,
  inputs: Inputs,
  prior: Inputs | undefined,
  catalog: Catalog,
): Promise<void> {
  const { project } = inputs;
  const seen = prior && new Set(Object.keys(prior.undeclared ?? {}));
  const open = undeclared(inputs, catalog, issuerOf(project)).filter(
    ({ identity }) => seen === undefined || seen.has(identity),
  );
  const statements = open.flatMap(({ close }) => close ?? []);
  if (statements.length === 0) return left(context, open);
  const script = closeEach(statements);
  const after = await run(context.supabase, project, "what is not declared", script, context.signal);
  const still = new Set(after.world.map(({ identity }) => identity));
  left(
    context,
    open.filter(({ identity }) => still.has(identity)),
  );
}

function left(context: Context, open: readonly Found[]): void {
  if (open.length === 0) return;
  const [first] = open;
  const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
  context.status(`left as it is: ${first?.identity}${more}; tenantry verify lists all`);
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

/** What is in the database beyond the declaration, by what it is; also what postgres:Schema leaves to a person. */
function foundBeyond(declared: Inputs, catalog: Catalog): Pick<Inputs, "undeclared"> {
  const objects = Object.entries(catalog.ledger?.differences ?? {})
    .filter(([identity, difference]) => !isPutBack(identity, difference))
    .map(([identity, difference]) => [identity, `is ${difference}`]);
  const found = undeclared(declared, catalog, issuerOf(declared.project)).map(({ identity, opens }) => [
    identity,
    opens,
  ]);
  const all = [...objects, ...found];
  return all.length === 0 ? {} : { undeclared: Object.fromEntries(all) };
}

/** The declaration as it is found: what is missing is left out, what differs comes as it is. */
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

/** The declared entries that exist, as they are found. */
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

/** An attribute that is absent and false stays absent. */
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

/** Of the roles that shall get nothing, those that get nothing. */
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
      `Project ${project} has a role ${refusal.names} that differs from what is declared and isn't tenantry's.`,
      { remedy: "Declare it as it is, or declare another name.", cause: error },
    );
  if (refusal?.state === MISPLACED_EXTENSION)
    return new UserError(
      `Project ${project} has the extension ${refusal.names}, and an extension can't be moved.`,
      {
        remedy: "Declare the schema that it is in, or drop it first: what uses it goes with it.",
        cause: error,
      },
    );
  return error;
}
