import { setTimeout as sleep } from "node:timers/promises";
import { VendorError } from "@tenantry/core/errors";
import type { Secret } from "@tenantry/core/secret";
import pg from "pg";
import type { Database, Query } from "./database.ts";
import type { Encryption } from "./encryption.ts";
import { asVendorError, isWorthRepeating, isWrongPassword } from "./failure.ts";
import { escapeIdentifier } from "./quote.ts";

export interface Connection {
  /** The ref of the Supabase project. */
  readonly ref: string;
  readonly host: string;
  readonly port: number;
  /** As the pooler knows it: `postgres.<ref>`. */
  readonly user: string;
  readonly database: string;
  /** Tried in this order until one is accepted; that one is tried first from then on. */
  readonly passwords: readonly Secret[];
  readonly encryption: Encryption;
  /** Ends every wait. */
  readonly signal?: AbortSignal;
  /** At one transaction in all. Default 8. */
  readonly attempts?: number | undefined;
}

const BEGIN_READING = "begin transaction isolation level repeatable read read only";
const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 5_000;

/**
 * A database through its session pooler. Connections are opened when they are needed, four at most, and closed when idle.
 *
 * A transaction that meets a dropped connection, a deadlock or a serialization failure runs again.
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
    idleTimeoutMillis: 5_000,
    connectionTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    application_name: "tenantry",
  });
  // An idle connection that is cut is replaced by the next use.
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

/** The passwords that a database may have, and the one that it had when it was asked last. */
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
    if (password === undefined) throw new Error("a database without a password");
    return password;
  }

  /** Goes on to the next, unless another connection already did. */
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

/** On a connection that it has for itself. */
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
  until.addEventListener("abort", ended, { once: true });
  try {
    await queryOf(client)(`listen ${escapeIdentifier(channel)}`);
    // What was committed before is for whoever listens to look up.
    heard();
    if (!until.aborted) await ending;
  } finally {
    until.removeEventListener("abort", ended);
    client.off("notification", heard);
    // It still listens: nobody else gets it.
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
  // A connection that is cut between two statements says so by an event; the next statement fails.
  client.on("error", ignore);
  let held = true;
  const release = (broken: boolean) => {
    if (held) client.release(broken);
    held = false;
  };
  const cut = () => release(true);
  signal?.addEventListener("abort", cut);
  const query = queryOf(client);
  // A connection in an unknown state isn't given to the next one.
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

/** Whether the connection is good for another transaction after this error. */
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
  for (let number = 1; ; number += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (number === attempts || !isWorthRepeating(error)) throw error;
      const wait = Math.min(FIRST_WAIT_MILLISECONDS * 2 ** (number - 1), LONGEST_WAIT_MILLISECONDS);
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}
