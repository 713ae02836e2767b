/** Text of a statement, its parameters by position, and the rows that it returns. */
export type Query = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Row[]>;

/** One database, reached through its session pooler. */
export interface Database {
  /** The ref of the Supabase project. */
  readonly ref: string;
  /** Runs the work in one transaction. It may run again after a failure that is worth a retry: repeating it must be harmless. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** The same, in a transaction that can't write. */
  read<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Calls back for each notification on the channel, until the signal ends it. Rejects when the connection is lost. */
  listen(channel: string, heard: () => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
