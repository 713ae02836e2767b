import type pg from "pg";
import { as, type Caller } from "../databases/database.ts";

export type Row = Readonly<Record<string, unknown>>;

/** Rows by table, in the order in which they can be inserted. */
export type Rows = Readonly<Record<string, readonly Row[]>>;

/**
 * Every table and view that a caller of the data API could access, and every one in our schemas, so that a new table
 * without a case is noticed.
 */
export async function tablesToProbe(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
      and (n.nspname in ('public', 'private', 'tenantry')
        or exists (select from unnest(array['anon', 'authenticated']) as role,
            unnest(array['select', 'insert', 'update', 'references']) as privilege
          where has_any_column_privilege(role, c.oid, privilege) or has_table_privilege(role, c.oid, 'delete, truncate, trigger')))
    order by 1`);
  return rows.map((row) => row.name);
}

export async function insertRows(client: pg.Client, rows: Rows): Promise<void> {
  for (const [table, those] of Object.entries(rows)) {
    const columns = [...new Set(those.flatMap((row) => Object.keys(row)))].join(", ");
    if (those.length === 0) continue;
    await client.query(
      `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(those)],
    );
  }
}

export type Seen = Readonly<Record<string, "refused" | readonly Row[]>>;

/** The rows of each table that a caller can read; without a caller, all rows. */
export async function look(client: pg.Client, tables: readonly string[], caller?: Caller): Promise<Seen> {
  const read = async (): Promise<Seen> => JSON.parse(await runProbe(client, LOOK, tables)) as Seen;
  return caller === undefined ? read() : as(client, caller, read);
}

/** The result of a statement: the number of changed rows, or the SQLSTATE of its failure. */
export type Outcome = number | string;

/** Runs each statement separately as the caller, and rolls it back. */
export async function attempt(
  client: pg.Client,
  statements: readonly string[],
  caller: Caller,
): Promise<readonly Outcome[]> {
  return as(client, caller, async () => JSON.parse(await runProbe(client, ATTEMPT, statements)) as Outcome[]);
}

// One round trip for all tables or statements, so that thousands of checks take seconds.
async function runProbe(client: pg.Client, block: string, input: readonly string[]): Promise<string> {
  await client.query("select set_config('probe.input', $1, true)", [JSON.stringify(input)]);
  await client.query(block);
  const { rows } = await client.query<{ result: string }>("select current_setting('probe.result') as result");
  return rows[0]?.result ?? "";
}

const LOOK = `do $probe$
declare
  name text;
  found jsonb;
  seen jsonb := '{}';
begin
  for name in select jsonb_array_elements_text(current_setting('probe.input')::jsonb) loop
    begin
      execute format('select coalesce(jsonb_agg(to_jsonb(it)), ''[]'') from %s it', name) into found;
    exception when insufficient_privilege then
      found := '"refused"';
    end;
    seen := seen || jsonb_build_object(name, found);
  end loop;
  perform set_config('probe.result', seen::text, true);
end $probe$`;

const ATTEMPT = `do $probe$
declare
  statement text;
  changed bigint;
  outcomes jsonb := '[]';
begin
  for statement in select jsonb_array_elements_text(current_setting('probe.input')::jsonb) loop
    begin
      execute statement;
      get diagnostics changed = row_count;
      -- An exception is what takes the statement back.
      raise exception '%', changed using errcode = 'PR000';
    exception
      when sqlstate 'PR000' then outcomes := outcomes || to_jsonb(sqlerrm::bigint);
      when others then outcomes := outcomes || to_jsonb(sqlstate);
    end;
  end loop;
  perform set_config('probe.result', outcomes::text, true);
end $probe$`;

const ARGUMENTS: Record<string, string> = {
  bigint: "1",
  date: "current_date",
  integer: "1",
  interval: "'1 day'",
  jsonb: "'{}'",
  text: "'person-0@example.com'",
  "text[]": "'{}'",
  "timestamp with time zone": "now()",
  "uuid[]": "'{}'",
};

/** Calls of each of our functions except trigger functions: one call per existing id. */
export async function callsOfEveryFunction(client: pg.Client, ids: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string; types: string[] }>(`
    select oid::regproc::text as name, array(select format_type(type, null) from unnest(proargtypes) as type) as types
    from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
      and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) order by 1`);
  return rows.flatMap(({ name, types }) => {
    const call = (id: string) => {
      const values = types.map((type) => (type === "uuid" ? `'${id}'` : (ARGUMENTS[type] ?? "null")));
      return `select * from ${name}(${values.map((value, index) => `${value}::${types[index]}`).join(", ")})`;
    };
    return types.includes("uuid") ? ids.map(call) : [call("")];
  });
}

/** Statements that insert, update and delete an existing row. */
export function writesTo(table: string, row: Row): readonly string[] {
  const columns = Object.keys(row);
  const literal = `jsonb_populate_record(null::${table}, ${quote(JSON.stringify(row))})`;
  const key = columns.filter((column) => row[column] !== null && typeof row[column] !== "object");
  const where = key.map((column) => `${column} = (${literal}).${column}`).join(" and ");
  return [
    `insert into ${table} (${columns.join(", ")}) select ${columns.map((column) => `it.${column}`).join(", ")} from ${literal} it`,
    `update ${table} set ${columns[0]} = ${columns[0]}`,
    `delete from ${table} where ${where}`,
    `truncate ${table} cascade`,
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
