import * as z from "zod";
import { functionDigest } from "./functions.ts";
import { policyDigest } from "./relations.ts";
import { apiRoles } from "./roles.ts";
import { isOfExtension, isOwnSchema, roleName, whereTableExists } from "./section.ts";

/** Descriptions of the undeclared access in a database. Null if nothing was declared in it yet. */
export const openingsShape = z.array(z.string()).nullable();

/**
 * The tables that record the last declaration, so that one fixed query can compare a database with it.
 *
 * For each policy and function, `row_security` has the digest of its deparsed definition and the statement that restores it.
 */
export const ACCESS_LEDGER = `
create schema if not exists tenantry;
create table if not exists tenantry.access (
  singleton boolean primary key default true check (singleton), declared jsonb not null
);
create table if not exists tenantry.row_security (identity text primary key, digest text not null, statement text not null);`;

/** Undeclared access is closed in all schemas except Supabase's own. `tenantry` is the ledger's schema. */
const isClosable = `(${isOwnSchema("n.nspname")} or n.nspname = 'tenantry')`;

const DECLARED = "(select declared from tenantry.access)";

/** A role's name in a statement. */
function grantee(role: string): string {
  return `case ${role} when 'public' then 'public' else quote_ident(${role}) end`;
}

/**
 * The statement that revokes privileges. If another role granted them, revoking that role's grant option revokes them too.
 *
 * @param object an SQL expression for the kind and the name of the object
 */
function revoke(privileges: string, object: string): string {
  return `case when not is_owners then format('revoke grant option for %s on %s from %s cascade', ${privileges}, ${object}, ${grantee("grantor")})
      when is_declared then format('revoke grant option for %s on %s from %s cascade', ${privileges}, ${object}, ${grantee("role")})
      else format('revoke %s on %s from %s cascade', ${privileges}, ${object}, ${grantee("role")}) end`;
}

/** Columns for an exploded access list `acl` of an object that `owner` owns. */
function given(owner: string): string {
  return `${roleName("acl.grantee")} as role, ${roleName("acl.grantor")} as grantor, acl.grantor = ${owner} as is_owners`;
}

/**
 * Rows of `subject` and `command`: undeclared access, and the statement that closes it. Needs {@link ACCESS_LEDGER} and an
 * empty search path.
 *
 * Excludes differences that grant nothing, such as missing privileges and added restrictive policies.
 */
export const openings = `
  with managed as (
    select name as role from (${apiRoles}) as api
    union select jsonb_array_elements_text(${DECLARED} -> 'roles')
  ),
  named as (select * from jsonb_each(${DECLARED} -> 'tables') as it (name, declared)),
  relation as (
    select c.oid, c.relkind, c.relowner, c.relrowsecurity, c.relacl, n.nspname, format('%I.%I', n.nspname, c.relname) as name,
      ${isClosable} as is_closable
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relpersistence <> 't' and not ${isOfExtension("pg_class", "c.oid")}
  ),
  relation_grant as (
    select relation.name, relkind, lower(acl.privilege_type) as privilege, is_grantable, ${given("relowner")}
      from relation, aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))) as acl
      where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and is_closable and acl.grantee <> relowner
    union all
    select relation.name, relkind, format('%s(%I)', lower(acl.privilege_type), a.attname), is_grantable, ${given("relowner")}
      from relation join pg_attribute a on a.attrelid = relation.oid and not a.attisdropped, aclexplode(a.attacl) as acl
      where is_closable and acl.grantee <> relowner
  ),
  open_relation as (
    select relation_grant.name, relkind, role, grantor, is_owners, string_agg(privilege, ', ' order by privilege) as privileges,
      coalesce(named.declared -> 'grants' -> role ? privilege, false) as is_declared
    from relation_grant left join named using (name)
    where role in (select role from managed)
      and (is_grantable or not coalesce(named.declared -> 'grants' -> role ? privilege, false))
    group by 1, 2, 3, 4, 5, 7
  ),
  open_function as (
    select p.oid::regprocedure::text as name, ${given("p.proowner")},
      coalesce(${DECLARED} -> 'functions' -> p.oid::regprocedure::text ? ${roleName("acl.grantee")}, false) as is_declared
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
      aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
    where ${isClosable} and not ${isOfExtension("pg_proc", "p.oid")} and acl.grantee <> p.proowner
      and ${roleName("acl.grantee")} in (select role from managed)
      and (acl.is_grantable
        or not coalesce(${DECLARED} -> 'functions' -> p.oid::regprocedure::text ? ${roleName("acl.grantee")}, false))
  ),
  open_type as (
    select t.oid::regtype::text as name, ${given("t.typowner")}, false as is_declared
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid,
      aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) as acl
    where ${isClosable} and not ${isOfExtension("pg_type", "t.oid")} and acl.grantee <> t.typowner
      and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c' ) and ${roleName("acl.grantee")} in (select role from managed)
  ),
  open_schema as (
    select n.nspname as name, lower(acl.privilege_type) as privilege, ${given("n.nspowner")},
      not acl.is_grantable as is_final, acl.privilege_type = 'USAGE'
        and (n.nspname = 'public' or coalesce(${DECLARED} -> 'schemas' -> n.nspname::text ? ${roleName("acl.grantee")}, false)) as is_declared
    from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as acl
    where ${isClosable} and acl.grantee <> n.nspowner and ${roleName("acl.grantee")} in (select role from managed)
      and not ${isOfExtension("pg_namespace", "n.oid")}
      and (n.nspname in ('public', 'tenantry') or ${DECLARED} ? 'schemas')
  ),
  made as (
    select r.identity, r.statement, r.digest, pol.polname as policy, c.oid as of_table, ${policyDigest} as policy_today
    from tenantry.row_security r
    cross join named cross join jsonb_array_elements_text(named.declared -> 'policies') as expected (policy)
    join pg_class c on c.oid = to_regclass(named.name)
    left join pg_policy pol on pol.polrelid = c.oid and pol.polname = expected.policy
    where r.identity = format('policy %s on %s', expected.policy, named.name)
  )
  select 'row security of ' || name || ' is off' as subject, format('alter table %s enable row level security', name) as command
    from relation where relkind in ('r', 'p') and not relrowsecurity and nspname <> 'tenantry'
      and (is_closable or exists (select from named where named.name = relation.name))
  union all
  select format('policy %s on %s is not declared', pol.polname, name), format('drop policy %I on %s', pol.polname, name)
    from relation join pg_policy pol on pol.polrelid = relation.oid
    where pol.polpermissive and nspname <> 'auth'
      and not exists (select from named where named.name = relation.name and named.declared -> 'policies' ? pol.polname)
  union all
  select identity || case when policy is null then ' is missing' else ' was changed' end, statement
    from made where policy_today is distinct from digest
  union all
  select format('function %s was changed', p.oid::regprocedure), r.statement
    from tenantry.row_security r join pg_proc p on p.oid = to_regprocedure(substr(r.identity, length('function ') + 1))
    where r.identity like 'function %' and ${DECLARED} -> 'functions' ? substr(r.identity, length('function ') + 1)
      and ${functionDigest} <> r.digest
  union all
  select format('%s may %s %s%s', role, privileges, name, case when is_declared then ' with grant option' else '' end),
      ${revoke("privileges", "case relkind when 'S' then 'sequence ' else '' end || name")}
    from open_relation
  union all
  select format('%s may call %s%s', role, name, case when is_declared then ' with grant option' else '' end),
      ${revoke("'all'", "'routine ' || name")}
    from open_function
  union all
  select format('%s may use the type %s', role, name), ${revoke("'all'", "'type ' || name")} from open_type
  union all
  select format('%s has %s on the schema %s%s', role, privilege, name, case when is_declared then ' with grant option' else '' end),
      ${revoke("privilege", "'schema ' || quote_ident(name)")}
    from open_schema where not (is_declared and is_final)
  union all
  select format('%s is a member of %s', pg_get_userbyid(m.member), pg_get_userbyid(m.roleid)),
      format('revoke %I from %I granted by %I cascade', pg_get_userbyid(m.roleid), pg_get_userbyid(m.member), pg_get_userbyid(m.grantor))
    from pg_auth_members m where m.member in (to_regrole('anon'), to_regrole('authenticated'), to_regrole('service_role'))
  union all
  select format('%s bypasses row security', rolname), format('alter role %I nobypassrls', rolname)
    from pg_roles where rolname in ('anon', 'authenticated') and rolbypassrls`;

/** The subjects of {@link openings}, for the catalog. */
export const openSubjects = whereTableExists(
  "tenantry.access",
  `select case when exists (select from tenantry.access) then coalesce(
    (select jsonb_agg(distinct subject order by subject) from (${openings}) as opening), '[]') end as value`,
);
