import * as z from "zod";
import { isOwnSchema, objectOf, roleName } from "./section.ts";

/** The comment that marks roles that tenantry created. */
export const ROLE_BRAND = "Managed by tenantry.";

/**
 * Rows of `name`: the roles that a caller of the data API can have. Its login role, `authenticator`, switches to the role
 * that a token names, if it is a member of that role.
 */
export const apiRoles = `
  select unnest(array['public', 'anon', 'authenticated', 'service_role']) as name
  union
  select pg_get_userbyid(roleid) from pg_auth_members where member = to_regrole('authenticator')`;

export const accessShape = z.object({
  apiRoles: z.array(z.string()),
  roles: z.record(
    z.string(),
    z.object({ login: z.boolean(), inherit: z.boolean(), bypassRowSecurity: z.boolean() }),
  ),
  extensions: z.record(z.string(), z.object({ schema: z.string() })),
  schemas: z.record(z.string(), z.object({ usage: z.array(z.string()) })),
  /** The privileges that new objects of `postgres` grant to other roles. Schema null: in every schema. */
  defaultPrivileges: z.array(
    z.object({
      schema: z.string().nullable(),
      on: z.enum(["tables", "sequences", "functions", "types"]),
      roles: z.array(z.string()),
    }),
  ),
  /** By role and name. */
  settings: z.record(z.string(), z.record(z.string(), z.string())),
});

/** Rows of `role`, `name` and `value`: the settings of roles in this database. Settings for one database take precedence. */
export const roleSettings = `
  select distinct on (s.setrole, name) pg_get_userbyid(s.setrole) as role, name,
    substr(setting, length(name) + 2) as value
  from pg_db_role_setting s
  cross join unnest(s.setconfig) as setting
  cross join split_part(setting, '=', 1) as name
  where s.setrole <> 0 and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  order by s.setrole, name, s.setdatabase desc`;

/** Rows of `schema`, `on` and `role`: the roles that get privileges on new objects of an owner. */
export function defaultGrants(owner: string): string {
  const kinds =
    "(values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types')) as kind (code, name)";
  return `
    select n.nspname as schema, kind.name as "on", ${roleName("acl.grantee")} as role
    from ${kinds}
    cross join (select 0::oid as oid, null as nspname union all select oid, nspname from pg_namespace) as n
    left join pg_default_acl d
      on d.defaclrole = ${owner} and d.defaclnamespace = n.oid and d.defaclobjtype::text = kind.code
    cross join aclexplode(coalesce(d.defaclacl,
      case when n.oid = 0 then acldefault(replace(kind.code, 'S', 's')::"char", ${owner}) end)) as acl
    where acl.grantee <> ${owner}`;
}

/** Roles with their settings, extensions, schemas and default privileges. */
export const access = `jsonb_build_object(
  'apiRoles', (select jsonb_agg(name order by name) from (${apiRoles}) as api),
  'roles', ${objectOf(`
    select rolname as key, jsonb_build_object('login', rolcanlogin, 'inherit', rolinherit,
      'bypassRowSecurity', rolbypassrls) as value
    from pg_roles where rolname !~ '^pg_'`)},
  'extensions', ${objectOf(`
    select extname as key, jsonb_build_object('schema', n.nspname) as value
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace`)},
  'schemas', ${objectOf(`
    select n.nspname as key, jsonb_build_object('usage', (
      select coalesce(jsonb_agg(distinct ${roleName("grantee")}), '[]')
      from aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) where grantee <> n.nspowner)) as value
    from pg_namespace n where ${isOwnSchema("n.nspname")}`)},
  'defaultPrivileges', (select coalesce(jsonb_agg(entry), '[]') from (
    select schema, "on", jsonb_agg(distinct role) as roles
    from (${defaultGrants("to_regrole('postgres')")}) as granted group by schema, "on") as entry),
  'settings', ${objectOf(`
    select role as key, jsonb_object_agg(name, value) as value from (${roleSettings}) as set
    where name like '%.%' group by role`)})`;
