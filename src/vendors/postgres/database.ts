/** Runs a statement with positional parameters and returns its rows. */
export type Query = <Row extends object = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Row[]>;

/** A database, reached through its session pooler. */
export interface Database {
  /** The ref of the Supabase project. */
  readonly ref: string;
  /** Runs `work` in a transaction. Temporary failures are retried, so `work` must be safe to repeat. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Runs `work` in a read-only transaction, with the same retries. */
  read<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Calls `heard` for each notification on the channel until the signal aborts. Rejects if the connection is lost. */
  listen(channel: string, heard: () => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
