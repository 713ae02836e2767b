import type { Query } from "../vendors/postgres/database.ts";
import { escapeIdentifier } from "../vendors/postgres/quote.ts";
import type { ArchiveHead, Contents, Origin, TableEnd, TableHead } from "./contents.ts";

const BATCH = 1000;

/**
 * Dumps all tables of some schemas in the order of their references. Generated columns are left out.
 *
 * @param query a query function of a transaction with a single snapshot
 */
export async function* dump(
  query: Query,
  origin: Origin,
  schemas: readonly string[],
): AsyncGenerator<string> {
  await seeAll(query);
  yield JSON.stringify(await headOf(query, origin));
  for (const table of inOrder(await tablesOf(query, schemas))) yield* dumpTable(query, table);
}

/** The contents of a dump, without reading its rows. */
export async function countRows(query: Query, origin: Origin, schemas: readonly string[]): Promise<Contents> {
  await seeAll(query);
  const head = await headOf(query, origin);
  const tables: Record<string, Contents["tables"][string]> = {};
  for (const table of await tablesOf(query, schemas)) {
    const { end, ...sums } = await endOf(query, table);
    tables[end] = sums;
  }
  return { head, tables };
}

/** Qualifies names, and fails the dump if row security would hide rows. */
async function seeAll(query: Query): Promise<void> {
  await query("set local search_path = ''");
  await query("set local row_security = off");
}

async function headOf(query: Query, { workspace, organization, project }: Origin): Promise<ArchiveHead> {
  const [row] = await query<Pick<ArchiveHead, "takenAt" | "migrations">>(
    `select to_json(now()) #>> '{}' as "takenAt", coalesce(json_object_agg(name, checksum order by name), '{}') as migrations
     from tenantry.migrations`,
  );
  if (row === undefined) throw new Error("an aggregate gave no row");
  return { archive: 2, workspace, organization, project, ...row };
}

async function* dumpTable(query: Query, table: Table): AsyncGenerator<string> {
  yield JSON.stringify({ table: table.table, columns: table.columns } satisfies TableHead);
  await query(`declare dumped no scroll cursor for ${linesOf(table)}`);
  for (;;) {
    const rows = await query<{ line: string }>(`fetch ${BATCH} from dumped`);
    for (const { line } of rows) yield line;
    if (rows.length < BATCH) break;
  }
  await query("close dumped");
  yield JSON.stringify(await endOf(query, table));
}

async function endOf(query: Query, table: Table): Promise<TableEnd> {
  const [sums] = await query<{ rows: string; checksum: string }>(
    `select count(*)::text as rows,
       coalesce(sum(('x' || left(md5(line), 15))::bit(60)::bigint), 0)::text as checksum
     from (${linesOf(table)}) as dumped`,
  );
  if (sums === undefined) throw new Error("an aggregate gave no row");
  return { end: table.table, rows: Number(sums.rows), checksum: sums.checksum };
}

function linesOf({ table, columns }: Table): string {
  const texts = columns.map((column) => `${escapeIdentifier(column)}::text`);
  return `select to_json(array[${texts.join(", ")}]::text[])::text as line from only ${table}`;
}

interface Table extends TableHead {
  /** The tables that its rows refer to. */
  readonly references: readonly string[];
}

function tablesOf(query: Query, schemas: readonly string[]): Promise<readonly Table[]> {
  return query<Table>(
    `select class.oid::regclass::text as table,
       (select coalesce(json_agg(attname order by attnum), '[]') from pg_attribute
        where attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
       (select coalesce(json_agg(distinct confrelid::regclass::text), '[]') from pg_constraint
        where conrelid = class.oid and contype = 'f') as references
     from pg_class as class join pg_namespace as namespace on namespace.oid = relnamespace
     where nspname = any ($1) and relkind = 'r'
       and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = class.oid and deptype = 'e')
     order by 1`,
    [schemas],
  );
}

/** Sorts tables after those that they refer to. Tables in a cycle keep their order. */
function inOrder(tables: readonly Table[]): Table[] {
  const byName = new Map(tables.map((table) => [table.table, table]));
  const ordered = new Set<Table>();
  const visiting = new Set<Table>();
  const visit = (table: Table) => {
    if (visiting.has(table)) return;
    visiting.add(table);
    for (const name of table.references) {
      const other = byName.get(name);
      if (other !== undefined) visit(other);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table);
  return [...ordered];
}
