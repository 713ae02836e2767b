import { isDeepStrictEqual } from "node:util";

/**
 * The first line of an archive. An archive is a sequence of JSON lines: rows are arrays of strings in PostgreSQL's text
 * format, and all other lines are objects.
 */
export interface ArchiveHead {
  /** The format's version. Version 1 has no organization and no project. */
  readonly archive: 1 | 2;
  /** The workspace's id. */
  readonly workspace: string;
  /** The organization's id, which is also unique across platforms. */
  readonly organization?: string;
  /** The name of the Supabase project, for people only. */
  readonly project?: string;
  /** The moment of the snapshot, ISO 8601. */
  readonly takenAt: string;
  /** The checksums of the applied migrations, by name. A restore needs the same migrations. */
  readonly migrations: Readonly<Record<string, string>>;
}

export interface TableHead {
  /** Schema and name, quoted if necessary: `public.files`. */
  readonly table: string;
  readonly columns: readonly string[];
}

/** PostgreSQL's own count and checksum of a table, in the same snapshot as its rows. */
interface Counted {
  readonly rows: number;
  /** The sum of the first 60 bits of each row's MD5. */
  readonly checksum: string;
}

export interface TableEnd extends Counted {
  /** The table's name again. */
  readonly end: string;
}

/** The contents of an archive, without its rows. */
export interface Contents {
  readonly head: ArchiveHead;
  readonly tables: Readonly<Record<string, Counted>>;
}

/** The number of rows by table. */
export function rowCounts({ tables }: Contents): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([table, { rows }]) => [table, rows]));
}

/** The origin of an archive, which is part of its encrypted head. */
export interface Origin {
  /** The workspace's id. */
  readonly workspace: string;
  /** The organization's id. */
  readonly organization: string;
  /** The project's name. */
  readonly project: string;
}

/** Whether two archives have the same rows of the same workspace, regardless of when they were taken. */
export function haveSameRows(one: Contents, other: Contents): boolean {
  const comparable = ({ head, tables }: Contents) => [
    head.archive,
    head.workspace,
    head.organization,
    head.migrations,
    tables,
  ];
  return isDeepStrictEqual(comparable(one), comparable(other));
}
