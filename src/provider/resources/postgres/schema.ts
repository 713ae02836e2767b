import { createHash } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { MADE_BY_HAND } from "../../../vendors/postgres/catalog/objects.ts";
import { refusalOf } from "../../../vendors/postgres/refusal.ts";
import { look, run } from "../../../vendors/postgres/run-script.ts";
import { migrate, REFUSALS } from "../../../vendors/postgres/scripts/migrate.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import { sameNames } from "./found.ts";

const schemaInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  schemas: z
    .array(z.string())
    .describe("The schemas whose objects the migrations own; drift is looked for in these."),
  migrations: z
    .record(
      z.string(),
      z.strictObject({
        checksum: z.string().describe("SHA-256 of the SQL, in hexadecimal."),
        sql: z.string().describe("Statements without transaction control."),
      }),
    )
    .describe("By name, as `0001_tables`; they run in the order of their names."),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Never declared: a refresh lists here the functions and triggers that differ from what the migrations made. The next run puts them back.",
    ),
});

const schemaOutputs = z.object({
  applied: z.array(z.string()).describe("The names of the migrations that the database holds, in order."),
  digest: z.string().describe("A digest of every object that the migrations made, as last recorded."),
  differences: z
    .record(z.string(), z.string())
    .optional()
    .describe("The objects that aren't what the migrations made and are left to a person: `made by hand`, …"),
});

type Inputs = z.infer<typeof schemaInputs>;
type Outputs = z.infer<typeof schemaOutputs>;

export const schema = defineProjectScoped({
  type: "postgres:Schema",
  description:
    "The tables, functions and triggers of one database, by ordered SQL migrations. Forward only: the pending ones run in one transaction, each recorded with its checksum; an applied one never changes. A function or a trigger that differs from what the migrations made is put back; any other difference is named in `differences`, stops nothing, and is left to a person, or to a new migration, which takes the schema as it then is. Removing the resource leaves the database as it is.",
  inputs: schemaInputs,
  outputs: schemaOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ migrations, drift }) => [
    ...Object.entries(migrations)
      .filter(([, { sql, checksum }]) => createHash("sha256").update(sql).digest("hex") !== checksum)
      .map(([name]) => ({
        property: `migrations["${name}"].checksum`,
        reason: "is not the SHA-256 of the SQL",
      })),
    ...(drift === undefined ? [] : [{ property: "drift", reason: "is found by a refresh, never declared" }]),
  ],

  async observe(context, prior) {
    const catalog = await look(context.supabase, prior.inputs.project).catch(undefinedIfGone);
    return catalog && found(prior, catalog);
  },

  async ensure(context, inputs) {
    const script = migrate(inputs.schemas, inputs.migrations);
    try {
      const catalog = await run(context.supabase, inputs.project, "migrations", script, context.signal);
      return { id: `${inputs.project}/schema`, outputs: recorded(catalog) };
    } catch (error) {
      throw explained(error, inputs.project);
    }
  },

  async remove() {
    // The tables hold data: they go with the project, and only with it.
  },
});

function found(
  prior: { readonly inputs: Inputs; readonly outputs: Outputs },
  catalog: Catalog,
): { inputs: Inputs; outputs: Outputs } | undefined {
  const { ledger } = catalog;
  if (ledger === null) return undefined;
  const migrations = Object.fromEntries(
    Object.entries(ledger.migrations).map(([name, checksum]) => {
      const declared = prior.inputs.migrations[name];
      return [name, declared?.checksum === checksum ? declared : { checksum, sql: "" }];
    }),
  );
  const drift = Object.fromEntries(
    Object.entries(ledger.differences).filter(([identity, difference]) => isPutBack(identity, difference)),
  );
  if (ledger.digest !== prior.outputs.digest) drift["tenantry.objects"] = "changed";
  return {
    inputs: {
      project: prior.inputs.project,
      schemas: sameNames(prior.inputs.schemas, ledger.schemas),
      migrations,
      ...(Object.keys(drift).length === 0 ? {} : { drift }),
    },
    outputs: recorded(catalog),
  };
}

function recorded({ ledger }: Catalog): Outputs {
  if (ledger === null) throw new Error("the ledger of migrations is missing right after it was written");
  return {
    applied: Object.keys(ledger.migrations).sort(),
    digest: ledger.digest,
    differences: ledger.differences,
  };
}

/** Whether the script puts it back; what somebody added stays. */
export function isPutBack(identity: string, difference: string): boolean {
  return /^(function|trigger) /.test(identity) && difference !== MADE_BY_HAND;
}

function explained(error: unknown, project: string): unknown {
  const refusal = refusalOf(error);
  if (refusal === undefined || !(refusal.state in REFUSALS)) return error;
  const [message, remedy] = EXPLANATIONS[REFUSALS[refusal.state as keyof typeof REFUSALS]];
  return new UserError(`${message} (${refusal.names}; project ${project})`, { remedy, cause: error });
}

const EXPLANATIONS = {
  changed: [
    "A migration was changed after it was applied",
    "Put it back as it was, and add a new migration that makes the change.",
  ],
  removed: [
    "A migration that was applied is no longer declared",
    "Put it back, and add a new migration that undoes what it did.",
  ],
  late: [
    "A new migration comes before one that was applied",
    "Give it a name that comes after the applied ones: migrations run in the order of their names.",
  ],
} as const;

function undefinedIfGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}
