import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";
import type { Secret } from "@tenantry/core/secret";
import pg from "pg";
import type { Database, Query } from "./database.ts";
import type { Encryption } from "./encryption.ts";
import { asVendorError, isPoolFull, isWorthRepeating, isWrongPassword } from "./failure.ts";
import { escapeIdentifier } from "./quote.ts";

export interface Connection {
  /** The ref of the Supabase project. */
  readonly ref: string;
  readonly host: string;
  readonly port: number;
  /** The user name at the pooler: `postgres.<ref>`. */
  readonly user: string;
  readonly database: string;
  /** Tried in this order until one is accepted. Later connections start with that one. */
  readonly passwords: readonly Secret[];
  readonly encryption: Encryption;
  /** Cancels waits and running transactions. */
  readonly signal?: AbortSignal;
  /** The maximum number of attempts per transaction. Default 8. */
  readonly attempts?: number | undefined;
}

const BEGIN_READING = "begin transaction isolation level repeatable read read only";
const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 5_000;
/** Enough for other runs to end their transactions. */
const LONGEST_WAIT_FOR_A_SESSION = 120_000;
const WAIT_FOR_A_SESSION = 500;

/**
 * Opens a database through its session pooler. Up to four connections are opened on demand and closed when idle.
 *
 * A transaction is retried after a lost connection, a deadlock or a serialization failure.
 */
export function connect(connection: Connection): Database {
  const passwords = new Passwords(connection.passwords);
  const pool = new pg.Pool({
    host: connection.host,
    port: connection.port,
    user: connection.user,
    database: connection.database,
    password: () => passwords.current.reveal(),
    ssl: connection.encryption,
    max: 4,
    // Other runs and servers share the sessions of the project's pool.
    idleTimeoutMillis: 1_000,
    connectionTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    application_name: "tenantry",
  });
  // A lost idle connection is replaced on next use.
  pool.on("error", () => undefined);

  const { signal, attempts = 8 } = connection;
  const open = () => signIn(pool, passwords);
  return {
    ref: connection.ref,
    transaction: (work) => again(() => within(open, "begin", work, signal), attempts, signal),
    read: (work) => again(() => within(open, BEGIN_READING, work, signal), attempts, signal),
    listen: (channel, heard, until) => listen(open, channel, heard, until),
    close: () => pool.end(),
  };
}

/** The possible passwords of a database, and the one that it accepted last. */
class Passwords {
  readonly #all: readonly Secret[];
  #position = 0;

  constructor(all: readonly Secret[]) {
    this.#all = all;
  }

  get count(): number {
    return this.#all.length;
  }

  get current(): Secret {
    const password = this.#all[this.#position];
    if (password === undefined) throw new Error("the list of passwords is empty");
    return password;
  }

  /** Switches to the next password, unless another connection already did. */
  refuse(password: Secret): void {
    if (password === this.current) this.#position = (this.#position + 1) % this.#all.length;
  }
}

async function signIn(pool: pg.Pool, passwords: Passwords): Promise<pg.PoolClient> {
  for (let tried = 1; ; tried += 1) {
    const { current } = passwords;
    try {
      return await pool.connect();
    } catch (cause) {
      const error = asVendorError(cause, "connect");
      if (!isWrongPassword(error)) throw error;
      passwords.refuse(current);
      if (tried >= passwords.count) throw error;
    }
  }
}

/** Listens on a connection of its own. */
async function listen(
  open: () => Promise<pg.PoolClient>,
  channel: string,
  heard: () => void,
  until: AbortSignal,
): Promise<void> {
  const client = await open();
  client.on("notification", heard);
  let ended = () => {};
  const ending = new Promise<void>((resolve, reject) => {
    ended = resolve;
    client.on("error", (error) => reject(asVendorError(error, "listen")));
  });
  // The connection can be lost while `listen` runs, before anything awaits this.
  ending.catch(() => undefined);
  until.addEventListener("abort", ended, { once: true });
  try {
    await queryOf(client)(`listen ${escapeIdentifier(channel)}`);
    // Call once, so that the caller reads what was committed before.
    heard();
    if (!until.aborted) await ending;
  } finally {
    until.removeEventListener("abort", ended);
    client.off("notification", heard);
    // The connection still listens, so it isn't returned to the pool.
    client.release(true);
  }
}

async function within<T>(
  open: () => Promise<pg.PoolClient>,
  begin: string,
  work: (query: Query) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const client = await open();
  // A connection that is lost between two statements emits an error. The next statement fails.
  client.on("error", ignore);
  let held = true;
  const release = (broken: boolean) => {
    if (held) client.release(broken);
    held = false;
  };
  const cut = () => release(true);
  signal?.addEventListener("abort", cut);
  const query = queryOf(client);
  // A connection in an unknown state isn't reused.
  let broken = true;
  try {
    await query(begin);
    const result = await work(query);
    await query("commit");
    broken = false;
    return result;
  } catch (error) {
    broken = !(await rollsBack(query, error));
    throw error;
  } finally {
    signal?.removeEventListener("abort", cut);
    client.off("error", ignore);
    release(broken);
  }
}

function ignore(): void {}

/** Whether the connection can be reused after this error. */
async function rollsBack(query: Query, error: unknown): Promise<boolean> {
  const isLost = error instanceof VendorError && typeof error.status !== "string";
  if (isLost) return false;
  return query("rollback").then(
    () => true,
    () => false,
  );
}

function queryOf(client: pg.PoolClient): Query {
  return async <Row extends object>(text: string, values: readonly unknown[] = []) => {
    try {
      const { rows } = await client.query<Row>(text, [...values]);
      return rows;
    } catch (error) {
      throw asVendorError(error, text);
    }
  };
}

async function again<T>(
  attempt: () => Promise<T>,
  attempts: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const waitsUntil = Date.now() + LONGEST_WAIT_FOR_A_SESSION;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      // Waiting for others doesn't count as an attempt.
      const waits = isPoolFull(error) && Date.now() < waitsUntil;
      if (!waits) failures += 1;
      if (!waits && (failures === attempts || !isWorthRepeating(error))) throw error;
      const wait = waits
        ? WAIT_FOR_A_SESSION
        : Math.min(FIRST_WAIT_MILLISECONDS * 2 ** (failures - 1), LONGEST_WAIT_MILLISECONDS);
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}
