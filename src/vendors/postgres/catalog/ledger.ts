import * as z from "zod";
import { objectDifferences } from "./objects.ts";
import { whereTableExists } from "./section.ts";

/** The ledger that postgres:Schema keeps in the database. Null before its first run. */
export const ledgerShape = z
  .object({
    migrations: z.record(z.string(), z.string()).describe("Checksums by migration name."),
    schemas: z.array(z.string()),
    digest: z.string().describe("The digest of the recorded objects."),
    differences: z
      .record(z.string(), z.string())
      .describe("Differences from the recorded objects, by object."),
  })
  .nullable();

export const ledger = whereTableExists(
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
