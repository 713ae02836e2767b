import * as z from "zod";
import { objectOf, roleName } from "./section.ts";

/** A policy `pol` of pg_policy as PostgreSQL deparses it. The search path must be empty. */
const deparsedPolicy = `jsonb_build_object(
    'as', case when pol.polpermissive then 'permissive' else 'restrictive' end,
    'for', case pol.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
      when 'd' then 'delete' else 'all' end,
    'to', (select jsonb_agg(${roleName("role")} order by ${roleName("role")}) from unnest(pol.polroles) as role),
    'using', pg_get_expr(pol.polqual, pol.polrelid),
    'check', pg_get_expr(pol.polwithcheck, pol.polrelid))`;

/** A digest of {@link deparsedPolicy}. */
export const policyDigest = `md5(${deparsedPolicy}::text)`;

export const relationShape = z.object({
  owner: z.string(),
  kind: z.enum(["table", "view"]),
  rowSecurity: z.boolean(),
  /** For views: whether it runs with its caller's rights instead of its owner's. */
  securityInvoker: z.boolean().optional(),
  /** Sorted privileges by role: `select`, `update(title)`. Excludes the owner. */
  grants: z.record(z.string(), z.array(z.string())),
  policies: z.record(
    z.string(),
    z.object({
      as: z.enum(["permissive", "restrictive"]),
      for: z.enum(["all", "select", "insert", "update", "delete"]),
      to: z.array(z.string()),
      using: z.string().nullable(),
      check: z.string().nullable(),
      digest: z.string(),
    }),
  ),
});

/** Rows of `grantee` and `privilege` for a relation `c` of pg_class, including column privileges. */
export const relationGrants = `
    select acl.grantee, lower(acl.privilege_type) as privilege
      from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as acl
    union
    select acl.grantee, format('%s(%I)', lower(acl.privilege_type), a.attname)
      from pg_attribute a, aclexplode(a.attacl) as acl where a.attrelid = c.oid and not a.attisdropped`;

/** Every table and view by name, including Supabase's, because tenantry manages policies in storage and realtime. */
export const relations = objectOf(`
  select format('%I.%I', n.nspname, c.relname) as key, jsonb_build_object(
    'owner', pg_get_userbyid(c.relowner),
    'kind', case when c.relkind in ('r', 'p') then 'table' else 'view' end,
    'rowSecurity', c.relrowsecurity,
    'grants', ${objectOf(`
      select ${roleName("grantee")} as key, jsonb_agg(privilege order by privilege) as value
      from (${relationGrants}) as granted where grantee <> c.relowner group by grantee`)},
    'policies', ${objectOf(`
      select pol.polname as key, ${deparsedPolicy} || jsonb_build_object('digest', ${policyDigest}) as value
      from pg_policy pol where pol.polrelid = c.oid`)}
  ) || case when c.relkind in ('v', 'm') then jsonb_build_object('securityInvoker', coalesce((
      select option_value::boolean from pg_options_to_table(c.reloptions) where option_name = 'security_invoker'), false))
    else '{}' end as value
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'tenantry')
    and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')`);
