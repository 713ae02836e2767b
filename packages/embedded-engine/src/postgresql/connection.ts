import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type PropertyMap, withoutSecrets } from "../property-value.ts";

/** Runs a statement with positional parameters. Returns its rows. */
export type Query = (
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 100;

/** A PostgreSQL server, from the inputs of the provider resource. Opens one pool per database on first use. */
export class Server {
  readonly #config: pg.PoolConfig;
  readonly #pools = new Map<string, pg.Pool>();
  readonly #aborted = new AbortController();
  /** The database of resources that name none. */
  readonly database: string;

  /** @param rootCertificate the value of PGSSLROOTCERT, which lib/pq uses if the inputs name no certificate */
  constructor(inputs: PropertyMap, rootCertificate: string | undefined) {
    const settings = withoutSecrets(inputs);
    const text = (key: string, fallback: string) => String(settings[key] ?? fallback);
    this.database = text("database", "postgres");
    this.#config = {
      host: text("host", "localhost"),
      port: Number(text("port", "5432")),
      user: text("username", "postgres"),
      password: text("password", ""),
      ssl: encryption(text("sslmode", "require"), settings.sslrootcert ?? rootCertificate),
      connectionTimeoutMillis: Number(text("connectTimeout", "180")) * 1000,
      max: Math.min(Number(text("maxConnections", "4")), 4),
      allowExitOnIdle: true,
      application_name: "Pulumi provider",
    };
  }

  /** Runs the work in one transaction. Repeats it after a lost connection or a conflict, so it must be safe to repeat. */
  async transaction<Result>(database: string, work: (query: Query) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(database, work);
      } catch (error) {
        if (attempt === ATTEMPTS || !isWorthRepeating(error)) throw error;
        await sleep(FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random() / 2), undefined, {
          signal: this.#aborted.signal,
        });
      }
    }
  }

  cancel(): void {
    this.#aborted.abort(new Error("the run was cancelled"));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }

  async #once<Result>(database: string, work: (query: Query) => Promise<Result>): Promise<Result> {
    const client = await this.#pool(database).connect();
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    client.on("error", onError);
    const query: Query = async (text, values) => (await client.query(text, [...(values ?? [])])).rows;
    try {
      await query("BEGIN");
      const result = await work(query);
      await query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  }

  #pool(database: string): pg.Pool {
    let pool = this.#pools.get(database);
    if (pool === undefined) {
      pool = new pg.Pool({ ...this.#config, database });
      // An idle connection that is lost is replaced on next use.
      pool.on("error", () => undefined);
      this.#pools.set(database, pool);
    }
    return pool;
  }
}

/**
 * Implements sslmode like lib/pq, which the plugin uses: `require` verifies the certificate if a root certificate is given, but not
 * the host name.
 *
 * @see https://github.com/lib/pq/blob/master/ssl.go
 */
function encryption(mode: string, rootCertificate: unknown): pg.PoolConfig["ssl"] {
  if (mode === "disable") return false;
  if (mode !== "require" && mode !== "verify-ca" && mode !== "verify-full")
    throw new Error(`sslmode ${JSON.stringify(mode)}: use disable, require, verify-ca or verify-full`);
  const file = typeof rootCertificate === "string" && rootCertificate !== "" ? rootCertificate : undefined;
  if (file === undefined && mode === "require") return { rejectUnauthorized: false };
  return {
    ...(file !== undefined && { ca: readFileSync(file, "utf8") }),
    ...(mode !== "verify-full" && { checkServerIdentity: () => undefined }),
  };
}

/** Whether an error is transient: a lost or refused connection, a deadlock or a serialization failure. */
function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error && !(error instanceof TypeError);
  return /^(08|57P|40001|40P01|53300|XX000)/.test(error.code ?? "");
}

export function quoteName(name: string): string {
  return pg.escapeIdentifier(name);
}
