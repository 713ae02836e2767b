import * as z from "zod";
import { functionDigest } from "../catalog/functions.ts";
import { policyDigest } from "../catalog/relations.ts";
import { specification } from "../quote.ts";
import { sqlFile } from "../sql-file.ts";
import { ROLL_BACK, rolledBack, takeTurns } from "./rollback.ts";
import type { RowSecuritySpecification } from "./secure-rows.ts";

/** The digests of deparsed definitions, by function, and by table and policy. */
export type Deparsed = z.infer<typeof deparsedShape>;

/** Null if PostgreSQL refuses the definition, for example because the existing function has another result type. */
const digest = z.string().nullable();

export const deparsedShape = z.object({
  functions: z.record(z.string(), digest),
  policies: z.record(z.string(), z.record(z.string(), digest)),
});

/**
 * Lets PostgreSQL deparse the declared definitions, so that they can be compared with the live ones. Functions are replaced,
 * and policies are created on temporary tables with the same columns, so that no table is locked. Everything is rolled back.
 */
export function deparse({ functions, tables }: RowSecuritySpecification): readonly string[] {
  return rolledBack({ functions, tables }, DEPARSE);
}

const DEPARSE = sqlFile("scripts/deparse.sql", {
  specification,
  rollBack: ROLL_BACK,
  takeTurns,
  functionDigest,
  policyDigest,
});
