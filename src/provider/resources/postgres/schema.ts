import { createHash } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { MADE_BY_HAND, NO_LONGER_DECLARED } from "../../../vendors/postgres/catalog/objects.ts";
import { refusalOf } from "../../../vendors/postgres/refusal.ts";
import { readProjectCatalog, runScript } from "../../../vendors/postgres/run-script.ts";
import { migrate, REFUSALS } from "../../../vendors/postgres/scripts/migrate.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped, stateOfProject } from "../../project-scoped.ts";
import { sameNames } from "./found.ts";

/** SQL files by name, in alphabetical order of the names. */
function scripts(sql: string) {
  return z.record(
    z.string(),
    z.strictObject({
      checksum: z.string().describe("SHA-256 of the SQL, in hexadecimal."),
      sql: z.string().describe(sql),
    }),
  );
}

const schemaInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  schemas: z
    .array(z.string())
    .describe("The schemas whose objects the migrations and definitions own. Drift is detected in these."),
  migrations: scripts("Statements without transaction control.").describe(
    "Tables, by name, as `0001_tables`. Each is applied once, in the order of the names, and never changes afterwards.",
  ),
  definitions: scripts("Statements that can be repeated, as `create or replace function`.")
    .optional()
    .describe(
      "Functions, views and triggers, by name, as `members/invite`. They are applied after the migrations, in the order in which they need each other, and again whenever one changed. What a removed definition made is dropped.",
    ),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Set by a refresh only: the functions, views and triggers that differ from the declared ones. The next run restores them.",
    ),
});

const schemaOutputs = z.object({
  applied: z.array(z.string()).describe("The names of the applied migrations, in order."),
  digest: z.string().describe("The recorded digest of every object of the schemas."),
  differences: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "The objects that differ from the record and need a person's decision, each with its difference: `made by hand`, …",
    ),
});

type Inputs = z.infer<typeof schemaInputs>;
type Outputs = z.infer<typeof schemaOutputs>;

export const schema = defineProjectScoped({
  type: "postgres:Schema",
  description:
    "The tables, functions, views and triggers of one database. Migrations create the tables: forward only, each one once. Definitions create functions, views and triggers, and are applied again when they change. Everything pending runs in one transaction and is recorded with its checksum. A function, view or trigger that differs is restored. Other differences are listed in `differences` and don't fail the run; resolve them by hand or with the next change of the schema, which records the database as it is then. Removing the resource leaves the database unchanged.",
  inputs: schemaInputs,
  outputs: schemaOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: ({ migrations, definitions = {}, drift }) => [
    ...wrongChecksums("migrations", migrations),
    ...wrongChecksums("definitions", definitions),
    ...(drift === undefined
      ? []
      : [{ property: "drift", reason: "is set by a refresh and can't be declared" }]),
  ],

  async observe(context, prior) {
    const catalog = await readProjectCatalog(context.supabase, prior.inputs.project).catch(undefinedIfGone);
    return catalog && found(prior, catalog);
  },

  async ensure(context, inputs) {
    const script = migrate({ ...inputs, definitions: inputs.definitions ?? {} });
    try {
      const catalog = await runScript(context.supabase, inputs.project, "schema", script, context.signal);
      return { id: `${inputs.project}/schema`, outputs: recorded(catalog) };
    } catch (error) {
      throw explained(error, inputs);
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
  const drift = Object.fromEntries(
    Object.entries(ledger.differences).filter(([identity, difference]) =>
      isRestored(ledger, identity, difference),
    ),
  );
  if (ledger.digest !== prior.outputs.digest) drift["tenantry.objects"] = "changed";
  return {
    inputs: {
      project: prior.inputs.project,
      schemas: sameNames(prior.inputs.schemas, ledger.schemas),
      migrations: foundScripts(prior.inputs.migrations, ledger.migrations),
      ...(prior.inputs.definitions === undefined && Object.keys(ledger.definitions).length === 0
        ? {}
        : { definitions: foundScripts(prior.inputs.definitions ?? {}, ledger.definitions) }),
      ...(Object.keys(drift).length === 0 ? {} : { drift }),
    },
    outputs: recorded(catalog),
  };
}

type Scripts = Inputs["migrations"];

/** What the ledger names, with the SQL of those that are as declared. */
function foundScripts(declared: Scripts, held: Readonly<Record<string, string>>): Scripts {
  return Object.fromEntries(
    Object.entries(held).map(([name, checksum]) => {
      const script = declared[name];
      return [name, script?.checksum === checksum ? script : { checksum, sql: "" }];
    }),
  );
}

function wrongChecksums(property: string, scripts: Scripts) {
  return Object.entries(scripts)
    .filter(([, { sql, checksum }]) => createHash("sha256").update(sql).digest("hex") !== checksum)
    .map(([name]) => ({
      property: `${property}["${name}"].checksum`,
      reason: "is not the SHA-256 of the SQL",
    }));
}

function recorded({ ledger }: Catalog): Outputs {
  if (ledger === null) throw new Error("the migrations ledger is missing right after it was written");
  return {
    applied: Object.keys(ledger.migrations).sort(),
    digest: ledger.digest,
    differences: ledger.differences,
  };
}

/** Whether the next run restores or drops the object. What somebody added stays. */
export function isRestored(
  { defined }: Pick<NonNullable<Catalog["ledger"]>, "defined">,
  identity: string,
  difference: string,
): boolean {
  if (difference === MADE_BY_HAND) return false;
  return (
    difference === NO_LONGER_DECLARED || /^(function|trigger) /.test(identity) || defined.includes(identity)
  );
}

function explained(error: unknown, { project, migrations }: Inputs): unknown {
  const refusal = refusalOf(error);
  if (refusal === undefined || !(refusal.state in REFUSALS)) return error;
  const reason = REFUSALS[refusal.state as keyof typeof REFUSALS];
  const [message, remedy] = EXPLANATIONS[reason];
  const expected = reason === "otherHistory" ? `; expected ${Object.keys(migrations).sort().join(", ")}` : "";
  return new UserError(`${message} (${refusal.names}${expected}; project ${project})`, {
    remedy,
    cause: error,
  });
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
  otherHistory: [
    "The database has none of the declared migrations, but others: it was made before version 0.2.0, or not by tenantry",
    "It can't be upgraded, and nothing was changed. Save the data that you need, delete the project, and run `up` again, which creates a new one. With --sandbox, delete the folder .tenantry/sandbox instead.",
  ],
} as const;

function undefinedIfGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}
