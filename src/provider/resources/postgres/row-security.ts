import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { refusalOf } from "../../../vendors/postgres/refusal.ts";
import { readProjectCatalog, runScript } from "../../../vendors/postgres/run-script.ts";
import { closeRows, MISFITS, secureRows } from "../../../vendors/postgres/scripts/secure-rows.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped } from "../../project-scoped.ts";
import { rowSecurityInputs } from "./row-security-inputs.ts";
import { canonical, deparsed, found, rolesNamed, specified } from "./row-security-state.ts";

const rowSecurityOutputs = z.object({
  deparsed: z
    .record(z.string(), z.string())
    .describe("A digest of each function and policy as PostgreSQL deparses it."),
});

export const rowSecurity = defineProjectScoped({
  type: "postgres:RowSecurity",
  description:
    "The policies, helper functions and privileges of one database, written in one transaction, so that no table is open in between. In the schemas that it names, undeclared objects are closed to the roles of the data API. Drift is detected by comparing PostgreSQL's deparsed definitions. Removing the resource drops its policies and functions and revokes the privileges; row security stays enabled.",
  inputs: rowSecurityInputs,
  outputs: rowSecurityOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: (inputs) => [
    ...Object.keys(inputs.functions)
      .filter((signature) => !/^[^.()]+\.[^.()]+\(.*\)$/.test(signature))
      .map((signature) => ({
        property: `functions["${signature}"]`,
        reason: "expected a signature in the form `schema.name(type, type)`",
      })),
    ...Object.entries(inputs.tables)
      .filter(([, { open }]) => open !== undefined)
      .map(([name]) => ({
        property: `tables["${name}"].open`,
        reason: "is set by a refresh and can't be declared",
      })),
  ],

  async observe(context, prior) {
    try {
      const catalog = await readProjectCatalog(context.supabase, prior.inputs.project);
      return {
        inputs: found(prior.inputs, prior.outputs.deparsed, catalog),
        outputs: { deparsed: deparsed(prior.inputs, catalog) },
      };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },

  async ensure(context, inputs, prior) {
    const script = secureRows(specified(inputs, prior));
    let catalog: Catalog;
    try {
      catalog = await runScript(context.supabase, inputs.project, "row security", script, context.signal);
    } catch (error) {
      throw explained(error, inputs.project);
    }
    return { id: `${inputs.project}/row-security`, outputs: { deparsed: deparsed(inputs, catalog) } };
  },

  async remove(context, { inputs }) {
    const functions = Object.keys(inputs.functions).map(canonical);
    const script = closeRows(functions, Object.keys(inputs.tables), rolesNamed(inputs));
    try {
      await runScript(context.supabase, inputs.project, "row security", script, context.signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  },
});

function explained(error: unknown, project: string): unknown {
  const refusal = refusalOf(error);
  if (refusal === undefined || !(refusal.state in MISFITS)) return error;
  const [message, remedy] = EXPLANATIONS[MISFITS[refusal.state as keyof typeof MISFITS]];
  return new UserError(`${message}: ${refusal.names} (project ${project})`, { remedy, cause: error });
}

const EXPLANATIONS = {
  "another-signature": [
    "The definition creates a function with another signature than the declared one",
    "Declare it under its own signature, with the types as PostgreSQL writes them.",
  ],
  "no-function": [
    "Neither a migration nor a definition creates this function",
    "Add a definition, or write the signature as PostgreSQL does: select 'name(type)'::regprocedure.",
  ],
  "no-table": [
    "No migration creates this table",
    "Add the table to the migrations, or remove it from the row security.",
  ],
} as const;
