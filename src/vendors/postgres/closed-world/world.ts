import * as z from "zod";
import { whereTableExists } from "../catalog/section.ts";
import { GRANT_KINDS } from "./grants.ts";
import type { Kind } from "./kind.ts";
import { OBJECT_KINDS } from "./objects.ts";
import { ROLE_KINDS } from "./roles.ts";
import { SERVICE_KINDS } from "./services.ts";
import { TABLE_KINDS } from "./tables.ts";

/** Every kind of object that may grant access to a database. Objects of these kinds must be declared. */
export const KINDS: readonly Kind[] = [
  ...ROLE_KINDS,
  ...GRANT_KINDS,
  ...TABLE_KINDS,
  ...SERVICE_KINDS,
  ...OBJECT_KINDS,
];

export const foundShape = z.object({
  kind: z.string(),
  /** The object's kind and name: `membership of anon in service_role`. */
  identity: z.string(),
  opens: z.string(),
  /** The identity of another declared object that accounts for it. */
  about: z.string().nullable(),
  /** A statement that closes it. */
  close: z.string().nullable(),
});

/** An object in a database that was created by neither PostgreSQL, Supabase nor a migration. */
export type Found = z.infer<typeof foundShape>;

/** The number of objects listed per kind, so that the result stays small in a database with many foreign tables. */
const MOST = 200;

const MANAGED = `
  managed as (select n.oid, n.nspname as name from pg_namespace n where n.nspname in (
    select jsonb_array_elements_text(coalesce(${whereTableExists(
      "tenantry.schemas",
      "select coalesce(jsonb_agg(name), '[]') as value from tenantry.schemas",
    )}, '[]'))))`;

/** The objects of all {@link KINDS}, as a JSON array. The search path must be empty, so that names are qualified. */
export const world = `(
  with ${MANAGED}, found as (${KINDS.map(
    ({ name, rows }) => `
    select '${name}' as kind, it.* from (${rows}) as it`,
  ).join("\n    union all")}
  ), counted as (
    select *, row_number() over (partition by kind order by identity) as number, count(*) over (partition by kind) as total
    from found
  )
  select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'identity', identity, 'opens', opens, 'about', about,
    'close', close) order by kind, identity), '[]')
  from (
    select kind, identity, opens, about, close from counted where number <= ${MOST}
    union all
    select kind, format('%s more: %s', kind, total - ${MOST}), 'are too many to list', null, null
    from counted where number = ${MOST} + 1
  ) as listed)`;

/** Catalogs that no kind covers, each with the reason. */
export const PART_OF_OTHERS: Readonly<Record<string, string>> = {
  pg_attrdef: "a default is part of its table, and compared with the migrations",
  pg_constraint: "a constraint is part of its table, and compared with the migrations",
  pg_depend: "records dependencies",
  pg_index: "an index is part of its table, and compared with the migrations",
  pg_init_privs:
    "records the initial privileges of PostgreSQL and its extensions; only a superuser writes it",
  pg_shdepend: "records dependencies",
  pg_shdescription: "comments on roles, databases and tablespaces, which no API reads",
  pg_statistic: "samples of rows, which are visible only to those who may read the rows",
  pg_statistic_ext_data: "samples of rows, which are visible only to those who may read the rows",
};
