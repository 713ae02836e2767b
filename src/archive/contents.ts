import { isDeepStrictEqual } from "node:util";

/**
 * A database's rows as lines of JSON, of which the first characters tell the kind: a row is a list of texts, as PostgreSQL
 * prints and reads them; all else is an object.
 */
export interface ArchiveHead {
  /** The format's version; 1 doesn't name the organization and the project. */
  readonly archive: 1 | 2;
  /** The workspace's id. */
  readonly workspace: string;
  /** The organization's id, which is also unique across platforms. */
  readonly organization?: string;
  /** The name that the Supabase project had. People read it; nothing decides by it. */
  readonly project?: string;
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

/** What an archive is made of: written into its head, and so under its seal. */
export interface Origin {
  /** The workspace's id. */
  readonly workspace: string;
  /** The organization's id. */
  readonly organization: string;
  /** The project's name. */
  readonly project: string;
}

/** Whether two hold the same rows of the same workspace, whenever they were taken. */
export function holdTheSame(one: Contents, other: Contents): boolean {
  const said = ({ head, tables }: Contents) => [
    head.archive,
    head.workspace,
    head.organization,
    head.migrations,
    tables,
  ];
  return isDeepStrictEqual(said(one), said(other));
}
