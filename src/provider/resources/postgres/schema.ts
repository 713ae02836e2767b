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
    .describe("The schemas whose objects the migrations own. Drift is detected in these."),
  migrations: z
    .record(
      z.string(),
      z.strictObject({
        checksum: z.string().describe("SHA-256 of the SQL, in hexadecimal."),
        sql: z.string().describe("Statements without transaction control."),
      }),
    )
    .describe("Migrations by name: `0001_tables`. They run in the order of their names."),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: the functions and triggers that differ from the migrations. The next run restores them.",
    ),
});

const schemaOutputs = z.object({
  applied: z.array(z.string()).describe("The names of the applied migrations, in order."),
  digest: z.string().describe("The recorded digest of every object that the migrations created."),
  differences: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "The objects that differ from the migrations and need a person's decision, each with its difference: `made by hand`, …",
    ),
});

type Inputs = z.infer<typeof schemaInputs>;
type Outputs = z.infer<typeof schemaOutputs>;

export const schema = defineProjectScoped({
  type: "postgres:Schema",
  description:
    "The tables, functions and triggers of one database, created by ordered SQL migrations. Forward only: pending migrations run in one transaction, each recorded with its checksum, and an applied migration must not change. A function or trigger that differs from the migrations is restored. Other differences are listed in `differences` and don't fail the run; resolve them by hand or with a new migration, which records the schema as it is then. Removing the resource leaves the database unchanged.",
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
    ...(drift === undefined
      ? []
      : [{ property: "drift", reason: "is set by a refresh and can't be declared" }]),
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
    // The tables contain data. They are deleted with the project only.
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
  if (ledger === null) throw new Error("the migrations ledger is missing right after it was written");
  return {
    applied: Object.keys(ledger.migrations).sort(),
    digest: ledger.digest,
    differences: ledger.differences,
  };
}

/** Whether the script restores the object. Objects that people added stay. */
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
    "Restore its original text, and make the change in a new migration.",
  ],
  removed: [
    "An applied migration is no longer declared",
    "Restore it, and undo its effect in a new migration.",
  ],
  late: [
    "A new migration comes before an applied one",
    "Rename it so that it sorts after the applied ones. Migrations run in the order of their names.",
  ],
} as const;

function undefinedIfGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}
