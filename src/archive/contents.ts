import { isDeepStrictEqual } from "node:util";

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
interface Counted {
  readonly rows: number;
  /** The sum of the first 60 bits of each row's MD5. */
  readonly checksum: string;
}

export interface TableEnd extends Counted {
  /** The table's name again. */
  readonly end: string;
}

/** What an archive holds. */
export interface Contents {
  readonly head: ArchiveHead;
  readonly tables: Readonly<Record<string, Counted>>;
}

/** Rows by table. */
export function rowsOf({ tables }: Contents): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([table, { rows }]) => [table, rows]));
}

/** Whether two hold the same rows, whenever they were taken. */
export function holdTheSame(one: Contents, other: Contents): boolean {
  const said = ({ head, tables }: Contents) => [head.workspace, head.migrations, tables];
  return isDeepStrictEqual(said(one), said(other));
}
