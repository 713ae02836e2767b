import type { Row } from "../vendors/postgres/rows.ts";

/** The fields that have a value: what is null in a row is absent in a resource. */
export function present<T extends Readonly<Record<string, unknown>>>(fields: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>;
}

/** Rows as a map, by one of their columns. */
export function byColumn<T>(rows: readonly Row[], column: string, read: (row: Row) => T): Record<string, T> {
  return Object.fromEntries(rows.map((row) => [String(row[column]), read(row)]));
}

/** A map as rows, its keys in one column. */
export function toRows<T>(map: Readonly<Record<string, T>>, column: string, write: (value: T) => Row): Row[] {
  return Object.entries(map).map(([key, value]) => ({ [column]: key, ...write(value) }));
}
