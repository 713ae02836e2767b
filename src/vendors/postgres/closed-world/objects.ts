import { isOfExtension } from "../catalog/section.ts";
import { type Kind, row } from "./kind.ts";
import { isNew, isSupabases, listOf, SUPABASE_EXTENSIONS } from "./supabase.ts";

/** Objects in one catalog that can't be declared individually. Any that isn't PostgreSQL's or Supabase's is undeclared. */
interface ObjectKind {
  readonly name: string;
  readonly catalog: string;
  readonly covers?: readonly string[];
  /** The column of the owner's oid. Without one, objects that belong to an extension are Supabase's. */
  readonly owner?: string;
  /** An SQL expression for its name. Default: PostgreSQL's name for it. */
  readonly called?: string;
  /** Users can choose its oid, so that a low one doesn't mean that PostgreSQL created it. */
  readonly choosesOid?: true;
  /** A condition on the catalog's rows `o`. Default: all rows. */
  readonly where?: string;
  /** An SQL expression for the access that it grants. */
  readonly opens?: string;
}

/** The tables of tenantry's ledger. */
const LEDGER = [
  "access",
  "definition_objects",
  "definitions",
  "migrations",
  "objects",
  "row_security",
  "schemas",
].map((name) => `tenantry.${name}`);

const OBJECTS: readonly ObjectKind[] = [
  {
    name: "schema",
    catalog: "pg_namespace",
    owner: "nspowner",
    where: "o.nspname !~ '^pg_' and o.nspname <> 'tenantry'",
  },
  {
    name: "relation",
    catalog: "pg_class",
    covers: ["pg_sequence", "pg_foreign_table", "pg_partitioned_table"],
    owner: "relowner",
    // postgres:Schema compares tables and views of managed schemas with the migrations.
    where: `o.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and o.relpersistence <> 't'
      and (o.relkind in ('f', 'S') or o.relnamespace not in (select oid from managed) or ${isOfExtension("pg_class", "o.oid")})
      and o.oid::regclass::text not in (${listOf(LEDGER)})
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = o.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i') and o.relkind = 'S')`,
    opens: `case o.relkind when 'v' then 'shows rows with the rights of its owner or its caller' when 'm' then 'contains a copy of rows'
      when 'f' then 'reads from another server' when 'S' then 'counts' else 'contains rows' end`,
  },
  {
    name: "function",
    catalog: "pg_proc",
    covers: ["pg_aggregate"],
    owner: "proowner",
    where: `(o.prokind = 'a' or o.pronamespace not in (select oid from managed) or ${isOfExtension("pg_proc", "o.oid")})`,
    opens: `case when o.prosecdef then 'runs with its owner''s rights'
        || case when o.proconfig::text ~ 'search_path=' then '' else ' and its caller''s search path' end
      else 'runs with its caller''s rights' end`,
  },
  {
    name: "type",
    catalog: "pg_type",
    covers: ["pg_enum", "pg_range"],
    owner: "typowner",
    // postgres:Schema compares enums of managed schemas. Row types and array types belong to other objects.
    where: `(o.typtype in ('d', 'r', 'b') or (o.typtype = 'e' and o.typnamespace not in (select oid from managed))
        or (o.typtype = 'c' and (select relkind from pg_class where oid = o.typrelid) = 'c'))
      and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = o.oid and d.deptype = 'i'
        and d.refclassid = 'pg_type'::regclass)`,
  },
  { name: "operator", catalog: "pg_operator", owner: "oprowner" },
  { name: "operator class", catalog: "pg_opclass", owner: "opcowner" },
  { name: "operator family", catalog: "pg_opfamily", owner: "opfowner" },
  {
    name: "operator of a family",
    catalog: "pg_amop",
    where: `o.amopfamily not in (select oid from pg_opfamily where ${isNew("oid")})`,
  },
  {
    name: "function of an operator family",
    catalog: "pg_amproc",
    where: `o.amprocfamily not in (select oid from pg_opfamily where ${isNew("oid")})`,
  },
  { name: "collation", catalog: "pg_collation", owner: "collowner" },
  { name: "conversion", catalog: "pg_conversion", owner: "conowner" },
  { name: "statistics", catalog: "pg_statistic_ext", owner: "stxowner" },
  {
    name: "text search configuration",
    catalog: "pg_ts_config",
    covers: ["pg_ts_config_map"],
    owner: "cfgowner",
  },
  { name: "text search dictionary", catalog: "pg_ts_dict", owner: "dictowner" },
  { name: "text search parser", catalog: "pg_ts_parser" },
  { name: "text search template", catalog: "pg_ts_template" },
  { name: "cast", catalog: "pg_cast", opens: "'converts one type to another with a function'" },
  { name: "transform", catalog: "pg_transform" },
  { name: "access method", catalog: "pg_am" },
  { name: "language", catalog: "pg_language", owner: "lanowner", opens: "'runs code'" },
  {
    name: "foreign data wrapper",
    catalog: "pg_foreign_data_wrapper",
    owner: "fdwowner",
    opens: "'connects to other servers'",
  },
  {
    name: "foreign server",
    catalog: "pg_foreign_server",
    owner: "srvowner",
    opens: "'connects to another server'",
  },
  { name: "tablespace", catalog: "pg_tablespace", owner: "spcowner" },
  {
    name: "event trigger",
    catalog: "pg_event_trigger",
    // Supabase's image creates them as a superuser and then makes `postgres` the owner.
    owner: "evtowner",
    opens: "format('runs %s at %s', o.evtfoid::regproc, o.evtevent)",
  },
  {
    name: "subscription",
    catalog: "pg_subscription",
    covers: ["pg_subscription_rel"],
    owner: "subowner",
    opens: "'receives rows from another server'",
  },
  {
    name: "database",
    catalog: "pg_database",
    owner: "datdba",
    where: "o.datname not in ('postgres', 'template0', 'template1') and o.datname <> current_database()",
    opens: "'is another database on this server'",
  },
  {
    name: "large object",
    catalog: "pg_largeobject_metadata",
    covers: ["pg_largeobject"],
    owner: "lomowner",
    choosesOid: true,
    called: "'large object ' || o.oid",
    opens: "'contains data outside tables'",
  },
];

function objectKind({
  name,
  catalog,
  covers = [],
  owner,
  called,
  choosesOid,
  where = "true",
  opens = "'exists'",
}: ObjectKind): Kind {
  const identity =
    called ??
    `(select it.type || ' ' || it.identity from pg_identify_object('${catalog}'::regclass, o.oid, 0) as it)`;
  const excused = owner === undefined ? isOfExtension(catalog, "o.oid") : isSupabases(`o.${owner}`);
  return {
    name,
    covers: [catalog, ...covers],
    rows: `
      select ${row({ identity, opens })}
      from ${catalog} o where ${choosesOid === true ? "true" : isNew("o.oid")} and not ${excused} and ${where}`,
  };
}

const SUPABASE_SCHEMA = `exists (select from pg_namespace n where n.oid = e.extnamespace and n.nspname <> 'public'
  and (${isSupabases("n.nspowner")} or not ${isNew("n.oid")}))`;

export const OBJECT_KINDS: readonly Kind[] = [
  ...OBJECTS.map(objectKind),
  {
    name: "extension",
    covers: ["pg_extension"],
    rows: `
      select ${row({
        identity: "format('extension %I', e.extname)",
        opens: `format('adds %s functions to %I', (select count(*) from pg_depend d where d.refclassid = 'pg_extension'::regclass
          and d.refobjid = e.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass), e.extnamespace::regnamespace)`,
      })}
      from pg_extension e
      where not (e.extname in (${listOf(SUPABASE_EXTENSIONS)}) and ${SUPABASE_SCHEMA})`,
  },
  {
    name: "owner",
    covers: ["pg_class", "pg_proc", "pg_namespace", "pg_database"],
    rows: `
      select ${row({ identity: "'owner of ' || name", opens: "format('is %s, which bypasses its row security', pg_get_userbyid(owner))" })}
      from (
        select case relkind when 'v' then 'view ' when 'm' then 'materialized view ' else 'table ' end || o.oid::regclass, relowner
          from pg_class o where relkind in ('r', 'p', 'v', 'm') and relnamespace in (select oid from managed)
            and not ${isOfExtension("pg_class", "o.oid")}
        union all
        select 'schema ' || o.name, (select nspowner from pg_namespace n where n.oid = o.oid) from managed o where o.name <> 'public'
        union all
        select 'schema ' || nspname, nspowner from pg_namespace where nspname = 'public'
          and nspowner <> 'pg_database_owner'::regrole
        union all
        select 'database ' || datname, datdba from pg_database where datname = current_database()
      ) as owned (name, owner)
      where pg_get_userbyid(owner) not in ('postgres', case when name ~ '^(table|view|materialized)' then 'postgres' else 'supabase_admin' end)`,
  },
  {
    name: "user mapping",
    covers: ["pg_user_mapping"],
    rows: `
      select ${row({
        identity: "format('user mapping of %s on server %I', usename, srvname)",
        opens: "'logs in to another server'",
      })}
      from pg_user_mappings where ${isNew("umid")}`,
  },
];
