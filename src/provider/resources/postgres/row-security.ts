import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Catalog } from "../../../vendors/postgres/catalog/catalog.ts";
import { refusalOf } from "../../../vendors/postgres/refusal.ts";
import { look, run } from "../../../vendors/postgres/run-script.ts";
import { closeRows, MISFITS, secureRows } from "../../../vendors/postgres/scripts/secure-rows.ts";
import { isGone } from "../../../vendors/supabase/client.ts";
import { defineProjectScoped } from "../../project-scoped.ts";
import { rowSecurityInputs } from "./row-security-inputs.ts";
import { canonical, deparsed, found, rolesNamed, specified } from "./row-security-state.ts";

const rowSecurityOutputs = z.object({
  deparsed: z
    .record(z.string(), z.string())
    .describe("By function and by policy: a digest of what PostgreSQL made of the definition."),
});

export const rowSecurity = defineProjectScoped({
  type: "postgres:RowSecurity",
  description:
    "Every policy, helper function and privilege of one database, in one transaction, so that no table is open for a moment. In the schemas that it names, what it doesn't declare is closed to the roles of the data API. Drift is what PostgreSQL deparses. Removing it drops its policies and functions and takes the privileges back; row security stays on.",
  inputs: rowSecurityInputs,
  outputs: rowSecurityOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: (inputs) => [
    ...Object.keys(inputs.functions)
      .filter((signature) => !/^[^.()]+\.[^.()]+\(.*\)$/.test(signature))
      .map((signature) => ({
        property: `functions["${signature}"]`,
        reason: "is no signature; write it as `schema.name(type, type)`",
      })),
    ...Object.entries(inputs.tables)
      .filter(([, { open }]) => open !== undefined)
      .map(([name]) => ({
        property: `tables["${name}"].open`,
        reason: "is found by a refresh, never declared",
      })),
  ],

  async observe(context, prior) {
    try {
      const catalog = await look(context.supabase, prior.inputs.project);
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
      catalog = await run(context.supabase, inputs.project, "row security", script, context.signal);
    } catch (error) {
      throw explained(error, inputs.project);
    }
    return { id: `${inputs.project}/row-security`, outputs: { deparsed: deparsed(inputs, catalog) } };
  },

  async remove(context, { inputs }) {
    const functions = Object.keys(inputs.functions).map(canonical);
    const script = closeRows(functions, Object.keys(inputs.tables), rolesNamed(inputs));
    try {
      await run(context.supabase, inputs.project, "row security", script, context.signal);
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
    "A definition makes another function than the one that it is listed under",
    "List it under its own signature, with the types as PostgreSQL writes them.",
  ],
  "no-function": [
    "Neither a migration nor a definition makes this function",
    "Give it a definition, or write its signature as PostgreSQL does: select 'name(type)'::regprocedure.",
  ],
  "no-table": [
    "No migration makes this table",
    "Add it to the migrations, or take it out of the row security.",
  ],
} as const;
