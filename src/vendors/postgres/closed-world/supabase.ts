import { escapeLiteral } from "../quote.ts";

/**
 * What Supabase brings, told by who made it: nobody with access to a project can become these roles, so what they own,
 * and what they granted, is Supabase's. A schema's name alone excuses nothing.
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
 * Supabase's roles with all that each may have, over the versions of its image; more than this is a difference.
 *
 * `cli_login_postgres` is the Management API's temporary login (`POST …/cli/login-role`), and is listed only once it
 * expired.
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

/** Who is a member of which role, beside `postgres` and the superuser, whom nothing is closed to. */
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

/** Libraries that only refuse things. */
const SAFE_LIBRARIES = String.raw`^((\$libdir/plugins/)?safeupdate|supautils)(, *((\$libdir/plugins/)?safeupdate|supautils))*$`;

/**
 * What Supabase sets, by role (`` is every role), with a pattern of the values. Roles that nobody else can alter may set
 * what they like.
 */
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

/** Extensions of a fresh project, each only in a schema that is Supabase's. */
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

/** A list for `in (…)`. */
export function listOf(names: readonly string[]): string {
  return names.map(escapeLiteral).join(", ");
}

/** Rows for `values …`. */
export function rowsOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `(${listOf(row)})`).join(", ");
}

/** Whether what a role owns is Supabase's. @param owner its oid */
export function isSupabases(owner: string): string {
  return `pg_get_userbyid(${owner}) in (${listOf(MAKERS)})`;
}

/** Whether a role comes with a project. @param role its oid */
export function isSupabaseRole(role: string): string {
  return `pg_get_userbyid(${role}) in (${listOf(Object.keys(SUPABASE_ROLES))})`;
}

/** Whether a role gets nothing by what it is given: it may do all of it before. */
export function mayEverything(role: string): string {
  return `pg_get_userbyid(${role}) in ('postgres', 'supabase_admin')`;
}

/** Made after the server, so that PostgreSQL itself didn't bring it. */
export function isNew(oid: string): string {
  return `${oid} >= 16384`;
}
