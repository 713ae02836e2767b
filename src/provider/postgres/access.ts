import * as z from "zod";
import { UserError } from "../../core/errors.ts";
import type { Catalog } from "../../postgres/catalog/catalog.ts";
import { refusalOf } from "../../postgres/refusal.ts";
import { look, run } from "../../postgres/run-script.ts";
import {
  type AccessSpecification,
  FOREIGN_ROLE,
  grantAccess,
  MISPLACED_EXTENSION,
  revokeAccess,
} from "../../postgres/scripts/access.ts";
import { isGone } from "../../supabase/client.ts";
import { defineInside, stateOfProject } from "../inside.ts";
import { sameNames } from "./found.ts";

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
  extensions: z
    .record(z.string(), z.strictObject({ schema: z.string().describe("Where its objects are.") }))
    .optional()
    .describe("Extensions by name; none is ever dropped."),
  schemas: z
    .record(
      z.string(),
      z.strictObject({ usage: z.array(z.string()).describe("Roles; no other API role may use the schema.") }),
    )
    .optional()
    .describe("Schemas by name; made where missing, never dropped."),
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
    .describe("Settings by role; what else a role has set stays. PostgREST reads those of `authenticator`."),
});

const accessOutputs = z.object({});

type Inputs = z.infer<typeof accessInputs>;

export const access = defineInside({
  type: "postgres:Access",
  description:
    "Roles and their settings, extensions, the use of schemas and default privileges of one database, in one transaction. It speaks for the roles of the data API and those that it names; the attributes of a role that isn't its own are never changed. Removing it takes the use of the schemas back and leaves the rest.",
  inputs: accessInputs,
  outputs: accessOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ defaultPrivileges = [], settings = {} }) => [
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
      return { inputs: foundAccess(prior.inputs, catalog.access), outputs: {} };
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
      await run(context.supabase, inputs.project, "access", script, context.signal);
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
  };
}

function rolesNamed({ schemas = {} }: Inputs): string[] {
  return [...new Set(Object.values(schemas).flatMap(({ usage }) => usage))];
}

/** The declaration as it is found: what is missing is left out, what differs comes as it is. */
export function foundAccess(declared: Inputs, today: Catalog["access"]): Inputs {
  return {
    project: declared.project,
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
