import type { Query } from "../postgres/database.ts";
import { escapeIdentifier } from "../postgres/quote.ts";

/**
 * A database's rows as lines of JSON, of which the first characters tell the kind: a row is a list of texts, as PostgreSQL
 * prints and reads them; all else is an object.
 */
export interface ArchiveHead {
  readonly archive: 1;
  /** The workspace's id. */
  readonly workspace: string;
  /** ISO 8601. */
  readonly takenAt: string;
  /** What made the tables, by name, with checksums: a restore needs the same. */
  readonly migrations: Readonly<Record<string, string>>;
}

export interface TableHead {
  /** As `public.files`, quoted where it must be. */
  readonly table: string;
  readonly columns: readonly string[];
}

/** What PostgreSQL itself counted, in the snapshot that the rows are of. */
export interface TableEnd {
  readonly end: string;
  readonly rows: number;
  /** The sum of the first 60 bits of each row's MD5. */
  readonly checksum: string;
}

const BATCH = 1000;

/**
 * Dumps all tables of some schemas, those that others refer to first. Columns that are computed are left out.
 *
 * @param query of one transaction that sees one snapshot
 */
export async function* dump(
  query: Query,
  workspace: string,
  schemas: readonly string[],
): AsyncGenerator<string> {
  // Names come with their schemas, and a table that isn't ours to see whole fails the dump.
  await query("set local search_path = ''");
  await query("set local row_security = off");
  yield JSON.stringify(await headOf(query, workspace));
  for (const table of inOrder(await tablesOf(query, schemas))) yield* dumpTable(query, table);
}

async function headOf(query: Query, workspace: string): Promise<ArchiveHead> {
  const [row] = await query<Pick<ArchiveHead, "takenAt" | "migrations">>(
    `select to_json(now()) #>> '{}' as "takenAt", coalesce(json_object_agg(name, checksum order by name), '{}') as migrations
     from tenantry.migrations`,
  );
  if (row === undefined) throw new Error("an aggregate gave no row");
  return { archive: 1, workspace, ...row };
}

async function* dumpTable(query: Query, { table, columns }: Table): AsyncGenerator<string> {
  yield JSON.stringify({ table, columns } satisfies TableHead);
  const texts = columns.map((column) => `${escapeIdentifier(column)}::text`);
  const lines = `select to_json(array[${texts.join(", ")}]::text[])::text as line from only ${table}`;
  await query(`declare dumped no scroll cursor for ${lines}`);
  for (;;) {
    const rows = await query<{ line: string }>(`fetch ${BATCH} from dumped`);
    for (const { line } of rows) yield line;
    if (rows.length < BATCH) break;
  }
  await query("close dumped");
  const [sums] = await query<{ rows: string; checksum: string }>(
    `select count(*)::text as rows,
       coalesce(sum(('x' || left(md5(line), 15))::bit(60)::bigint), 0)::text as checksum from (${lines}) as dumped`,
  );
  if (sums === undefined) throw new Error("an aggregate gave no row");
  const end: TableEnd = { end: table, rows: Number(sums.rows), checksum: sums.checksum };
  yield JSON.stringify(end);
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

/** Each after those that it refers to; tables that refer to each other in a circle keep their order. */
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
