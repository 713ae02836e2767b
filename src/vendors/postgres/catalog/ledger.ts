import * as z from "zod";
import { objectDifferences } from "./objects.ts";
import { whereTableExists } from "./section.ts";

/** The ledger that postgres:Schema keeps in the database. Null before its first run. */
export const ledgerShape = z
  .object({
    migrations: z.record(z.string(), z.string()).describe("Checksums by migration name."),
    definitions: z.record(z.string(), z.string()).describe("Checksums by definition name."),
    /** The objects that the definitions made. */
    defined: z.array(z.string()),
    schemas: z.array(z.string()),
    digest: z.string().describe("The digest of the recorded objects."),
    differences: z
      .record(z.string(), z.string())
      .describe("Differences from the recorded objects, by object."),
  })
  .nullable();

/** Databases that were made before 0.2.0 lack the tables of definitions. */
const definitions = whereTableExists(
  "tenantry.definition_objects",
  `select jsonb_build_object(
    'definitions', (select coalesce(jsonb_object_agg(name, checksum), '{}') from tenantry.definitions),
    'defined', (select coalesce(jsonb_agg(identity order by identity), '[]') from tenantry.definition_objects where definition is not null)
  ) as value`,
);

const migrations = whereTableExists(
  "tenantry.migrations",
  `select jsonb_build_object(
    'migrations', (select coalesce(jsonb_object_agg(name, checksum), '{}') from tenantry.migrations),
    'schemas', (select coalesce(jsonb_agg(name order by name), '[]') from tenantry.schemas),
    'digest', (select md5(coalesce(string_agg(md5(identity || definition), '' order by identity collate "C"), ''))
      from tenantry.objects),
    'differences', (select coalesce(jsonb_object_agg(identity, difference), '{}')
      from (${objectDifferences}) as different)
  ) as value`,
);

export const ledger = `(${migrations} || coalesce(${definitions}, '{"definitions": {}, "defined": []}'))`;
