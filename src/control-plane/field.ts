import * as z from "zod";

/** Values of a row by column, as JSON. */
export type Columns = Readonly<Record<string, unknown>>;

/** One field of a row: its type, and the columns that store it. */
export interface Field<Type extends z.ZodType = z.ZodType> {
  readonly type: Type;
  readonly columns: readonly string[];
  /** @param value checked against the type; undefined is stored as NULL */
  write(value: unknown): Columns;
  /** @returns undefined for a field without a value */
  read(row: Columns): unknown;
}

export type Fields = Readonly<Record<string, Field>>;

type ShapeOf<F extends Fields> = { -readonly [K in keyof F]: F[K]["type"] };

/** The schema of a map with these fields. It refuses unknown keys. */
export type SchemaOf<F extends Fields> = z.ZodObject<ShapeOf<F>, z.core.$strict>;

export function schemaOf<const F extends Fields>(fields: F): SchemaOf<F> {
  // `Object.fromEntries` loses which type belongs to which key.
  const shape = Object.fromEntries(
    Object.entries(fields).map(([key, { type }]) => [key, type]),
  ) as ShapeOf<F>;
  return z.strictObject(shape);
}

/** How a value is stored, where the column's JSON isn't the value. */
interface Conversion {
  toColumn(value: unknown): unknown;
  fromColumn(value: unknown): unknown;
}

const AS_IT_IS: Conversion = { toColumn: (value) => value, fromColumn: (value) => value };

/** A field with a column of its own. An optional type is a nullable column. */
export function column<Type extends z.ZodType>(
  name: string,
  type: Type,
  { toColumn, fromColumn }: Conversion = AS_IT_IS,
): Field<Type> {
  return {
    type,
    columns: [name],
    write: (value) => ({ [name]: value === undefined ? null : toColumn(value) }),
    read: ({ [name]: stored }) => (stored === null || stored === undefined ? undefined : fromColumn(stored)),
  };
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** The last day on which something is valid, stored as the first instant after it, in UTC. */
export function lastDay<Type extends z.ZodType>(name: string, type: Type): Field<Type> {
  return column(name, type, {
    toColumn: (day) => new Date(Date.parse(String(day)) + DAY_MILLISECONDS).toISOString(),
    fromColumn: (instant) =>
      new Date(Date.parse(String(instant).slice(0, 10)) - DAY_MILLISECONDS).toISOString().slice(0, 10),
  });
}

/** A field that is a map, with a column for each key. */
export function columns<const F extends Fields>(fields: F, description: string): Field<SchemaOf<F>> {
  return {
    type: schemaOf(fields).describe(description),
    columns: Object.values(fields).flatMap((field) => field.columns),
    write: (value) => writeFields(fields, value as Columns),
    read: (row) => readFields(fields, row),
  };
}

interface Presence {
  /** The column that shows whether the map is present: one of its own, not NULL then, or a boolean. */
  readonly presentIf: string;
  /** What columns that can't be NULL hold while the map is absent. */
  readonly whenAbsent?: Columns;
}

/** The same for a map that may be absent. */
export function optionalColumns<const F extends Fields>(
  fields: F,
  { presentIf, whenAbsent }: Presence,
  description: string,
): Field<z.ZodOptional<SchemaOf<F>>> {
  const own = Object.values(fields).flatMap((field) => field.columns);
  const flag = own.includes(presentIf) ? [] : [presentIf];
  const asFlag = (present: boolean) => Object.fromEntries(flag.map((name) => [name, present]));
  const absent = { ...Object.fromEntries(own.map((name) => [name, null])), ...asFlag(false), ...whenAbsent };
  return {
    type: schemaOf(fields).optional().describe(description),
    columns: [...flag, ...own],
    write: (value) =>
      value === undefined ? absent : { ...asFlag(true), ...writeFields(fields, value as Columns) },
    read: (row) =>
      row[presentIf] === null || row[presentIf] === false ? undefined : readFields(fields, row),
  };
}

export function writeFields(fields: Fields, values: Columns): Columns {
  return Object.assign({}, ...Object.entries(fields).map(([key, field]) => field.write(values[key])));
}

export function readFields(fields: Fields, row: Columns): Columns {
  const entries = Object.entries(fields).map(([key, field]) => [key, field.read(row)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
