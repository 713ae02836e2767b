import * as z from "zod";
import { isOfExtension, isOwnSchema, objectOf, roleName } from "./section.ts";

/** The comment that marks functions of postgres:RowSecurity. */
export const FUNCTION_BRAND = "Managed by tenantry (row security).";

/** The digest of the deparsed definition of a function `p` of pg_proc. */
export const functionDigest = "md5(pg_get_functiondef(p.oid))";

export const functionShape = z.object({
  owner: z.string(),
  definition: z.string(),
  digest: z.string(),
  /** Whether postgres:RowSecurity created it. */
  branded: z.boolean(),
  /** The roles that may execute it, including `public`, without its owner. */
  execute: z.array(z.string()),
});

/** Every function by signature, except those in schemas of PostgreSQL and Supabase. */
export const functions = objectOf(`
  select p.oid::regprocedure::text as key, jsonb_build_object(
    'owner', pg_get_userbyid(p.proowner),
    'definition', pg_get_functiondef(p.oid),
    'digest', ${functionDigest},
    'branded', obj_description(p.oid, 'pg_proc') is not distinct from '${FUNCTION_BRAND}',
    'execute', (select coalesce(jsonb_agg(${roleName("grantee")} order by ${roleName("grantee")}), '[]')
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee <> p.proowner)
  ) as value
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prokind <> 'a' and ${isOwnSchema("n.nspname")} and not ${isOfExtension("pg_proc", "p.oid")}`);
