import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Query } from "../vendors/postgres/database.ts";
import { escapeIdentifier } from "../vendors/postgres/quote.ts";
import { type Columns, type Fields, readFields, type SchemaOf, schemaOf, writeFields } from "./field.ts";

interface Definition<Owner extends string, F extends Fields, Observed extends Fields> {
  /** Schema and name, as `public.members`. */
  readonly name: `${string}.${string}`;
  /** The columns that say who owns the rows, as `organization_id`. A call gives their values. */
  readonly owner: readonly Owner[];
  /** The columns of a unique key. */
  readonly key: readonly string[];
  readonly fields: F;
  /** Fields that other programs write: read, never written. */
  readonly observed?: Observed;
  /** A condition in SQL on a row `held`. Rows that meet it are neither changed nor deleted. */
  readonly frozen?: string;
  /**
   * Rows that are no longer declared stay and become the app's, with these fields. Without it they are deleted.
   */
  readonly released?: Partial<RowOf<F>>;
}

type RowOf<F extends Fields> = z.output<SchemaOf<F>>;

/** A row to be written has every key: a missing one is an error, a nullable column is written as `undefined`. */
type CompleteRow<F extends Fields> = { readonly [K in keyof F]: RowOf<F>[K & keyof RowOf<F>] };

/**
 * A table of the control plane that stores what manifests declare. Its fields are listed once: the type of a row, the
 * reading, the writing and the comparison follow from them.
 *
 * The column `managed_by` separates rows of the manifest from rows of the app.
 */
export class Table<
  const Owner extends string = string,
  const F extends Fields = Fields,
  const Observed extends Fields = Record<never, never>,
> {
  readonly name: string;
  readonly definition: Definition<Owner, F, Observed>;
  /** The schema of a row. Its shape serves as the inputs of a resource. */
  readonly row: SchemaOf<F>;
  readonly #read: SchemaOf<F & Observed>;
  readonly #columns: readonly string[];

  constructor(definition: Definition<Owner, F, Observed>) {
    this.name = definition.name.split(".").map(escapeIdentifier).join(".");
    this.definition = definition;
    this.row = schemaOf(definition.fields);
    this.#read = schemaOf(this.#readable);
    this.#columns = columnsOf(definition.fields);
    const twice = this.#inserted.length < definition.owner.length + this.#columns.length + 1;
    if (twice) throw new TypeError(`a column of ${definition.name} has two fields`);
  }

  /** The columns that are written, beside those of the owner. */
  get columns(): readonly string[] {
    return this.#columns;
  }

  /** The part of a resource's inputs that this table stores. */
  rowFrom(inputs: RowOf<F>): CompleteRow<F> {
    const values: Columns = inputs;
    return Object.fromEntries(this.#keys.map((key) => [key, values[key]])) as CompleteRow<F>;
  }

  /** The rows of a map, whose keys are the values of one field. */
  rowsFrom<K extends keyof F & string>(
    map: Readonly<Record<string, Omit<RowOf<F>, K>>>,
    key: K,
  ): CompleteRow<F>[] {
    const empty = Object.fromEntries(this.#keys.map((each) => [each, undefined]));
    return Object.entries(map).map(
      ([name, value]) => ({ ...empty, ...value, [key]: name }) as CompleteRow<F>,
    );
  }

  /**
   * Makes the manifest's rows equal to these, in this order. Rows that don't differ are not touched.
   *
   * Rows of the app stay. A row of the app that is declared becomes the manifest's.
   */
  async sync(query: Query, owner: Record<Owner, string>, rows: readonly CompleteRow<F>[]): Promise<void> {
    const written = rows.map((row) => this.#write(row));
    await this.#dismissOthers(query, owner, written);
    if (written.length > 0) await this.#upsert(query, owner, written);
  }

  /** Makes one row equal to this, whoever manages it. It becomes the manifest's. */
  async syncOne(query: Query, owner: Record<Owner, string>, row: CompleteRow<F>): Promise<void> {
    await this.#upsert(query, owner, [this.#write(row)]);
  }

  /** Changes some fields of the owner's rows, whoever manages them. */
  async patch(query: Query, owner: Record<Owner, string>, fields: Partial<CompleteRow<F>>): Promise<void> {
    const row = this.#writeSome(fields);
    const columns = Object.keys(row);
    const { condition, values } = this.#owned(owner, "anyone");
    await query(
      `update ${this.name} as held set (${list(columns)}) = row(${sides("given", columns)})
       from jsonb_populate_record(null::${this.name}, $${values.length + 1}) as given
       where ${condition} and (${sides("held", columns)}) is distinct from (${sides("given", columns)})`,
      [...values, JSON.stringify(row)],
    );
  }

  /** Inserts rows of the manifest. */
  async insert(
    query: Query,
    owner: Record<Owner, string>,
    rows: readonly CompleteRow<F>[],
    onConflict: string,
  ): Promise<void> {
    await this.#insert(
      query,
      owner,
      rows.map((row) => this.#write(row)),
      onConflict,
    );
  }

  /** The rows that the manifest manages. */
  read(query: Query, owner: Record<Owner, string>): Promise<readonly RowOf<F & Observed>[]> {
    return this.#select(query, owner, "manifest");
  }

  /** The one row of an owner, whoever manages it. */
  async find(query: Query, owner: Record<Owner, string>): Promise<RowOf<F & Observed> | undefined> {
    const [row] = await this.#select(query, owner, "anyone");
    return row;
  }

  /**
   * A row that a statement of its own has read.
   *
   * @param row as JSON, by column. Other columns are ignored.
   */
  parse(row: Columns): RowOf<F & Observed> {
    const { success, data, error } = this.#read.safeParse(readFields(this.#readable, row));
    if (success) return data;
    throw new UserError(
      `The table ${this.definition.name} holds a row that this version can't read.\n${z.prettifyError(error)}`,
      { remedy: "Correct the row. If a newer version of tenantry wrote it, install that version." },
    );
  }

  get #keys(): readonly string[] {
    return Object.keys(this.definition.fields);
  }

  get #readable(): F & Observed {
    return { ...this.definition.fields, ...this.definition.observed } as F & Observed;
  }

  #write(row: CompleteRow<F>): Columns {
    const missing = this.#keys.filter((key) => !Object.hasOwn(row, key));
    if (missing.length > 0)
      throw new TypeError(`a row of ${this.definition.name} lacks ${missing.join(", ")}`);
    return writeFields(this.definition.fields, this.#checked(this.row, row));
  }

  #writeSome(fields: Partial<CompleteRow<F>>): Columns {
    const given = Object.entries(this.definition.fields).filter(([key]) => Object.hasOwn(fields, key));
    const chosen = Object.fromEntries(given);
    return writeFields(chosen, this.#checked(schemaOf(chosen), fields));
  }

  #checked(schema: z.ZodType, row: unknown): Columns {
    const { success, data, error } = schema.safeParse(row);
    if (success) return data as Columns;
    throw new TypeError(`a row of ${this.definition.name} can't be written\n${z.prettifyError(error)}`);
  }

  async #select(
    query: Query,
    owner: Record<Owner, string>,
    managedBy: "manifest" | "anyone",
  ): Promise<readonly RowOf<F & Observed>[]> {
    const { condition, values } = this.#owned(owner, managedBy);
    // As JSON, in which numbers, dates and lists have their plain form. The whole row, because a control plane that an earlier
    // version made may lack a column that has a default.
    const found = await query<{ row: Columns }>(
      `select to_jsonb(held) as row from ${this.name} as held where ${condition} order by ${list(this.definition.key)}`,
      values,
    );
    return found.map(({ row }) => this.parse(row));
  }

  /** Deletes the manifest's other rows, or hands them over to the app. */
  async #dismissOthers(query: Query, owner: Record<Owner, string>, rows: readonly Columns[]): Promise<void> {
    const { key, frozen, released } = this.definition;
    const { condition, values } = this.#owned(owner, "manifest");
    const same = key.map((name) => `held.${escapeIdentifier(name)} = kept.${escapeIdentifier(name)}`);
    const others = `${condition} and not exists (
       select from jsonb_populate_recordset(null::${this.name}, $${values.length + 1}) as kept
       where ${same.join(" and ")})${frozen === undefined ? "" : ` and not (${frozen})`}`;
    const parameters = [...values, JSON.stringify(rows.map((row) => ({ ...row, ...owner })))];
    if (released === undefined) {
      await query(`delete from ${this.name} as held where ${others}`, parameters);
      return;
    }
    const left = { ...this.#writeSome(released as Partial<CompleteRow<F>>), managed_by: "app" };
    const columns = Object.keys(left);
    await query(
      `update ${this.name} as held set (${list(columns)}) = row(${sides("given", columns)})
       from jsonb_populate_record(null::${this.name}, $${parameters.length + 1}) as given where ${others}`,
      [...parameters, JSON.stringify(left)],
    );
  }

  async #upsert(query: Query, owner: Record<Owner, string>, rows: readonly Columns[]): Promise<void> {
    const { key, frozen } = this.definition;
    const written = this.#inserted.filter((name) => !key.includes(name));
    const assignments = written.map(
      (name) => `${escapeIdentifier(name)} = excluded.${escapeIdentifier(name)}`,
    );
    await this.#insert(
      query,
      owner,
      rows,
      `on conflict (${list(key)}) do update set ${assignments.join(", ")}
       where (${sides("held", written)}) is distinct from (${sides("excluded", written)})
         ${frozen === undefined ? "" : `and not (${frozen})`}`,
    );
  }

  async #insert(
    query: Query,
    owner: Record<Owner, string>,
    rows: readonly Columns[],
    onConflict: string,
  ): Promise<void> {
    await query(
      `insert into ${this.name} as held (${list(this.#inserted)})
       select ${list(this.#inserted)} from jsonb_populate_recordset(null::${this.name}, $1)
       ${onConflict}`,
      [JSON.stringify(rows.map((row) => ({ ...row, ...owner, managed_by: "manifest" })))],
    );
  }

  get #inserted(): readonly string[] {
    return [...new Set([...this.definition.owner, ...this.#columns, "managed_by"])];
  }

  #owned(
    owner: Record<Owner, string>,
    managedBy: "manifest" | "anyone",
  ): { condition: string; values: string[] } {
    const conditions = this.definition.owner.map(
      (name, index) => `held.${escapeIdentifier(name)} = $${index + 1}`,
    );
    if (managedBy === "manifest") conditions.push("held.managed_by = 'manifest'");
    return { condition: conditions.join(" and "), values: this.definition.owner.map((name) => owner[name]) };
  }
}

/** Rows as a map by one of their fields. */
export function mapBy<Row extends Readonly<Record<K, string>>, K extends string>(
  rows: readonly Row[],
  key: K,
): Record<string, Omit<Row, K>> {
  return Object.fromEntries(rows.map(({ [key]: name, ...rest }) => [name, rest]));
}

function columnsOf(fields: Fields): string[] {
  return Object.values(fields).flatMap((field) => field.columns);
}

function sides(side: string, columns: readonly string[]): string {
  return columns.map((name) => `${side}.${escapeIdentifier(name)}`).join(", ");
}

function list(columns: readonly string[]): string {
  return columns.map(escapeIdentifier).join(", ");
}
