import * as z from "zod";
import { isOfExtension, isOwnSchema, objectOf, roleName } from "./section.ts";

/** The comment that says whose a function is. */
export const FUNCTION_BRAND = "Managed by tenantry (row security).";

/** Of a function `p` of pg_proc: a digest of its deparsed definition. */
export const functionDigest = "md5(pg_get_functiondef(p.oid))";

export const functionShape = z.object({
  owner: z.string(),
  definition: z.string(),
  digest: z.string(),
  /** Made by postgres:RowSecurity. */
  branded: z.boolean(),
  /** Roles, `public` for everyone; the owner isn't listed. */
  execute: z.array(z.string()),
});

/** Every function outside the platform's schemas, by signature. */
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
