import * as z from "zod";
import { foundShape, world } from "../closed-world/world.ts";
import { functionShape, functions } from "./functions.ts";
import { ledger, ledgerShape } from "./ledger.ts";
import { openingsShape, openSubjects } from "./openings.ts";
import { relationShape, relations } from "./relations.ts";
import { access, accessShape } from "./roles.ts";
import { workspace, workspaceShape } from "./workspace.ts";

/** A snapshot of everything that tenantry compares in a database. */
export type Catalog = z.infer<typeof catalogShape>;

const catalogShape = z.object({
  access: accessShape,
  functions: z.record(z.string(), functionShape),
  relations: z.record(z.string(), relationShape),
  ledger: ledgerShape,
  openings: openingsShape,
  workspace: workspaceShape,
  world: z.array(foundShape),
});

/** Reads the catalog. The search path is empty, so that PostgreSQL deparses definitions consistently. */
export const catalogStatements: readonly string[] = [
  "set local search_path = '';",
  `select jsonb_build_object(
  'access', ${access},
  'functions', ${functions},
  'relations', ${relations},
  'ledger', ${ledger},
  'openings', ${openSubjects},
  'workspace', ${workspace},
  'world', ${world}) as catalog;`,
];

export const readCatalog = catalogStatements.join("\n");

/** Parses the rows that {@link readCatalog} returns. */
export function catalogOf(rows: readonly unknown[]): Catalog {
  return z.tuple([z.object({ catalog: catalogShape })]).parse(rows)[0].catalog;
}
