import { escapeLiteral } from "../quote.ts";

/**
 * Roles that identify Supabase's own objects and grants: users of a project can't become these roles. A schema's name isn't
 * enough to identify an object as Supabase's.
 *
 * @see https://github.com/supabase/postgres: migrations/schema-17.sql, nix/tests/expected/roles.out and z_17_roles.out
 */
const MAKERS = [
  "supabase_admin",
  "supabase_auth_admin",
  "supabase_storage_admin",
  "supabase_realtime_admin",
  "supabase_functions_admin",
  "supabase_replication_admin",
  "supabase_etl_admin",
  "supabase_superuser",
  "pgbouncer",
  "pgtle_admin",
  "pg_database_owner",
] as const;

/**
 * Supabase's roles with every attribute that each has in some version of its image. Other attributes are undeclared access.
 *
 * The Management API creates temporary login roles such as `cli_login_postgres` (`POST …/cli/login-role`); expired ones are
 * ignored.
 */
export const SUPABASE_ROLES: Readonly<Record<string, readonly string[]>> = {
  supabase_admin: ["superuser", "login", "createrole", "createdb", "replication", "bypassrls"],
  postgres: ["login", "createrole", "createdb", "replication", "bypassrls"],
  anon: [],
  authenticated: [],
  service_role: ["bypassrls"],
  authenticator: ["login"],
  dashboard_user: ["createrole", "createdb", "replication"],
  pgbouncer: ["login"],
  pgsodium_keyholder: [],
  pgsodium_keyiduser: [],
  pgsodium_keymaker: [],
  pgtle_admin: [],
  supabase_auth_admin: ["login", "createrole"],
  supabase_etl_admin: ["login", "replication", "bypassrls"],
  supabase_functions_admin: ["login", "createrole"],
  supabase_read_only_user: ["login", "bypassrls"],
  supabase_realtime_admin: ["login", "createrole", "replication"],
  supabase_replication_admin: ["login", "replication"],
  supabase_storage_admin: ["login", "createrole"],
  supabase_superuser: [],
};

/** Supabase's memberships, without those of `postgres` and the superuser, which have all access anyway. */
export const SUPABASE_MEMBERSHIPS: readonly (readonly [member: string, role: string])[] = [
  ["authenticator", "anon"],
  ["authenticator", "authenticated"],
  ["authenticator", "service_role"],
  ["supabase_storage_admin", "authenticator"],
  ["supabase_read_only_user", "pg_read_all_data"],
  ["supabase_read_only_user", "pg_monitor"],
  ["supabase_etl_admin", "pg_read_all_data"],
  ["supabase_etl_admin", "supabase_superuser"],
  ["pgsodium_keyholder", "pgsodium_keyiduser"],
  ["pgsodium_keymaker", "pgsodium_keyholder"],
  ["pgsodium_keymaker", "pgsodium_keyiduser"],
  ["pg_monitor", "pg_read_all_settings"],
  ["pg_monitor", "pg_read_all_stats"],
  ["pg_monitor", "pg_stat_scan_tables"],
];

/** Libraries that only restrict what a session can do. */
const SAFE_LIBRARIES = String.raw`^((\$libdir/plugins/)?safeupdate|supautils)(, *((\$libdir/plugins/)?safeupdate|supautils))*$`;

/** Supabase's settings by role (empty: every role), with a pattern for the values. Roles that only it can alter are exempt. */
export const SUPABASE_SETTINGS: readonly (readonly [role: string, name: string, values: string])[] = [
  ["", "statement_timeout", "."],
  ["", "app.settings.jwt_secret", "."],
  ["", "app.settings.jwt_exp", "."],
  ["anon", "statement_timeout", "."],
  ["authenticated", "statement_timeout", "."],
  ["service_role", "statement_timeout", "."],
  ["authenticator", "statement_timeout", "."],
  ["authenticator", "lock_timeout", "."],
  ["authenticator", "session_preload_libraries", SAFE_LIBRARIES],
  ["postgres", "session_preload_libraries", SAFE_LIBRARIES],
  ["postgres", "local_preload_libraries", SAFE_LIBRARIES],
  ["postgres", "safeupdate.enabled", "."],
  ["postgres", "search_path", String.raw`^"?\\?\$user"?, *public, *extensions$`],
  ["postgres", "statement_timeout", "."],
];

/** The extensions of a new project, if they are in a schema that is Supabase's. */
export const SUPABASE_EXTENSIONS = [
  "plpgsql",
  "pg_graphql",
  "pg_stat_statements",
  "pgcrypto",
  "pgjwt",
  "pgsodium",
  "supabase_vault",
  "uuid-ossp",
] as const;

/** Literals for `in (…)`. */
export function listOf(names: readonly string[]): string {
  return names.map(escapeLiteral).join(", ");
}

/** Rows for `values …`. */
export function rowsOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `(${listOf(row)})`).join(", ");
}

/** Whether the objects of a role are Supabase's. @param owner the role's oid */
export function isSupabases(owner: string): string {
  return `pg_get_userbyid(${owner}) in (${listOf(MAKERS)})`;
}

/** Whether a role is one of Supabase's. @param role the role's oid */
export function isSupabaseRole(role: string): string {
  return `pg_get_userbyid(${role}) in (${listOf(Object.keys(SUPABASE_ROLES))})`;
}

/** Whether grants to a role don't matter, because it already has all access. @param role the role's oid */
export function mayEverything(role: string): string {
  return `pg_get_userbyid(${role}) in ('postgres', 'supabase_admin')`;
}

/** Whether an object was created after PostgreSQL was initialized, so that it isn't part of PostgreSQL. */
export function isNew(oid: string): string {
  return `${oid} >= 16384`;
}
