import { apiRoles, ROLE_BRAND } from "../catalog/roles.ts";
import { isOfExtension, roleName } from "../catalog/section.ts";
import { type Kind, row } from "./kind.ts";
import { isNew, isSupabaseRole, isSupabases, listOf, mayEverything } from "./supabase.ts";

/** A catalog whose objects carry privileges. */
interface Grantable {
  readonly kind: string;
  readonly catalog: string;
  /** Its column of type `aclitem[]`. */
  readonly acl: string;
  /** The FROM clause, with the catalog as `o`. */
  readonly from: string;
  readonly owner: string;
  /** The oid of the object's schema, or `null`. */
  readonly schema: string;
  /** The object in the syntax of `grant … on`. */
  readonly object: string;
  /** The object type of `acldefault`. */
  readonly usual: string;
  /** The column in parentheses, for column privileges. */
  readonly column?: string;
  /** The `objsubid` in `pg_init_privs`. */
  readonly subId?: string;
}

const GRANTABLES: readonly Grantable[] = [
  {
    kind: "grant on a table",
    catalog: "pg_class",
    acl: "relacl",
    from: "pg_class o",
    owner: "o.relowner",
    schema: "o.relnamespace",
    object: "case o.relkind when 'S' then 'sequence ' else 'table ' end || o.oid::regclass",
    usual: "case o.relkind when 'S' then 's' else 'r' end",
  },
  {
    kind: "grant on a column",
    catalog: "pg_attribute",
    acl: "attacl",
    from: "pg_attribute a join pg_class o on o.oid = a.attrelid and not a.attisdropped",
    owner: "o.relowner",
    schema: "o.relnamespace",
    object: "'table ' || o.oid::regclass",
    usual: "'c'",
    column: "format(' (%I)', a.attname)",
    subId: "a.attnum",
  },
  {
    kind: "grant on a function",
    catalog: "pg_proc",
    acl: "proacl",
    from: "pg_proc o",
    owner: "o.proowner",
    schema: "o.pronamespace",
    object: "'routine ' || o.oid::regprocedure",
    usual: "'f'",
  },
  {
    kind: "grant on a type",
    catalog: "pg_type",
    acl: "typacl",
    from: "pg_type o",
    owner: "o.typowner",
    schema: "o.typnamespace",
    object: "'type ' || o.oid::regtype",
    usual: "'T'",
  },
  {
    kind: "grant on a schema",
    catalog: "pg_namespace",
    acl: "nspacl",
    from: "pg_namespace o",
    owner: "o.nspowner",
    schema: "o.oid",
    object: "'schema ' || quote_ident(o.nspname)",
    usual: "'n'",
  },
  {
    kind: "grant on a language",
    catalog: "pg_language",
    acl: "lanacl",
    from: "pg_language o",
    owner: "o.lanowner",
    schema: "null",
    object: "'language ' || quote_ident(o.lanname)",
    usual: "'l'",
  },
  {
    kind: "grant on a database",
    catalog: "pg_database",
    acl: "datacl",
    from: "pg_database o",
    owner: "o.datdba",
    schema: "null",
    object: "'database ' || quote_ident(o.datname)",
    usual: "'d'",
  },
  {
    kind: "grant on a large object",
    catalog: "pg_largeobject_metadata",
    acl: "lomacl",
    from: "pg_largeobject_metadata o",
    owner: "o.lomowner",
    schema: "null",
    object: "'large object ' || o.oid",
    usual: "'L'",
  },
  {
    kind: "grant on a setting",
    catalog: "pg_parameter_acl",
    acl: "paracl",
    from: "pg_parameter_acl o",
    owner: "10::oid",
    schema: "null",
    object: "'parameter ' || o.parname",
    usual: "'p'",
  },
  {
    kind: "grant on a tablespace",
    catalog: "pg_tablespace",
    acl: "spcacl",
    from: "pg_tablespace o",
    owner: "o.spcowner",
    schema: "null",
    object: "'tablespace ' || quote_ident(o.spcname)",
    usual: "'t'",
  },
  {
    kind: "grant on a foreign data wrapper",
    catalog: "pg_foreign_data_wrapper",
    acl: "fdwacl",
    from: "pg_foreign_data_wrapper o",
    owner: "o.fdwowner",
    schema: "null",
    object: "'foreign data wrapper ' || quote_ident(o.fdwname)",
    usual: "'F'",
  },
  {
    kind: "grant on a foreign server",
    catalog: "pg_foreign_server",
    acl: "srvacl",
    from: "pg_foreign_server o",
    owner: "o.srvowner",
    schema: "null",
    object: "'foreign server ' || quote_ident(o.srvname)",
    usual: "'S'",
  },
];

/** The catalog and column of every access list that is compared. */
export const PRIVILEGE_COLUMNS: readonly string[] = [
  ...GRANTABLES.map(({ catalog, acl }) => `${catalog}.${acl}`),
  "pg_default_acl.defaclacl",
];

const API_ROLES = listOf(["anon", "authenticated", "service_role"]);

/** Supabase's schemas in which it grants API roles nothing on tables. */
const CLOSED_TABLES = listOf(["auth", "pg_catalog"]);

/** Supabase's schemas that `anon` and `authenticated` can't use. */
const CLOSED_SCHEMAS = listOf(["cron", "pgbouncer", "pgsodium", "supabase_migrations", "vault"]);

/**
 * Grants that Supabase made, recognized by the grantor. In the schemas above the grantor isn't enough, because a member of
 * the owner's role grants in the owner's name.
 */
function isSupabasesGrant({ catalog, schema, owner }: Grantable): string {
  const name = "pg_get_userbyid(g.grantee)";
  const toIts = `g.grantee <> 0 and ${isSupabaseRole("g.grantee")}`;
  if (schema === "null") return `${toIts} and ${name} not in (${API_ROLES}, 'authenticator')`;

  const within = `(${schema})::regnamespace::text`;
  const kept = {
    pg_namespace: `g.privilege_type = 'CREATE' and ${name} in (${API_ROLES}, 'authenticator')`,
    pg_class: `${name} in (${API_ROLES}) and ${within} in (${CLOSED_TABLES})`,
    pg_attribute: `${name} in (${API_ROLES}) and ${within} in (${CLOSED_TABLES})`,
  }[catalog];
  // PostgreSQL creates the information schema after it has recorded initial privileges.
  return `(g.grantee = 0 and g.privilege_type in ('SELECT', 'USAGE') and not ${isNew("o.oid")} and ${within} = 'information_schema')
    or (${toIts} and ${isSupabases("g.grantor")} and ${isSupabases(owner)}
      and not (${within} in (${CLOSED_SCHEMAS}) and ${name} in ('anon', 'authenticated')) and not (${kept ?? "false"}))`;
}

/** Grants that postgres:RowSecurity compares: on tables, views, columns and functions of managed schemas, to managed roles. */
function isComparedElsewhere({ catalog, schema }: Grantable): string {
  if (!["pg_class", "pg_attribute", "pg_proc"].includes(catalog)) return "false";
  const relation = catalog === "pg_proc" ? "o.prokind <> 'a'" : "o.relkind in ('r', 'p', 'v', 'm')";
  const member = isOfExtension(catalog === "pg_proc" ? "pg_proc" : "pg_class", "o.oid");
  return `${schema} in (select oid from managed) and ${relation} and not g.is_grantable and not ${member}
    and (g.grantee = 0 or pg_get_userbyid(g.grantee) = 'supabase_auth_admin' or pg_get_userbyid(g.grantee) in (${apiRoles})
      or coalesce(shobj_description(g.grantee, 'pg_authid') = '${ROLE_BRAND}', false))`;
}

function grantsOn(grantable: Grantable): Kind {
  const { kind, catalog, acl, from, owner, object, usual, column = "''", subId = "0" } = grantable;
  const list = catalog === "pg_attribute" ? `a.${acl}` : `o.${acl}`;
  const classOid = catalog === "pg_attribute" ? "pg_class" : catalog;
  return {
    name: kind,
    covers: [catalog],
    rows: `
      select ${row({
        identity: "format('grant on %s%s to %s', object, part, grantee)",
        opens: `'gives ' || string_agg(lower(privilege) || case when passed_on then ' with grant option' else '' end,
          ', ' order by privilege)`,
        close: `format('revoke %s on %s from %s', string_agg(privilege || part, ', '), object,
          case grantee when 'public' then 'public' else quote_ident(grantee) end)`,
      })}
      from (
        select ${object} as object, ${column} as part, ${roleName("g.grantee")} as grantee, g.privilege_type as privilege,
          bool_or(g.is_grantable) as passed_on
        from ${from} cross join aclexplode(${list}) as g
        where g.grantee <> ${owner} and (g.grantee = 0 or not ${mayEverything("g.grantee")})
          and not exists (select from pg_init_privs i, aclexplode(i.initprivs) as first
            where i.classoid = '${classOid}'::regclass and i.objoid = o.oid and i.objsubid = ${subId}
              and first.grantee = g.grantee and first.privilege_type = g.privilege_type)
          and not exists (select from aclexplode(acldefault((${usual})::"char", ${owner})) as usual
            where usual.grantee = g.grantee and usual.privilege_type = g.privilege_type)
          and not (${isSupabasesGrant(grantable)})
          and not (${isComparedElsewhere(grantable)})
        group by 1, 2, 3, 4
      ) as given
      group by object, part, grantee`,
  };
}

export const GRANT_KINDS: readonly Kind[] = GRANTABLES.map(grantsOn);
