import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Secret } from "@tenantry/core/secret";
import { type Postgres, prepareSeed, startPostgres } from "./postgres.ts";
import { platformSeed } from "./supabase/platform-seed.ts";

/** Keeps a server running until it is released. */
export interface Lease {
  readonly port: number;
  /** The password of `postgres` and `supabase_read_only_user` on this server. The pooler checks the project's own password. */
  readonly password: Secret;
  release(): void;
}

interface Running {
  readonly server: Promise<Postgres>;
  leases: number;
  sleep: NodeJS.Timeout | undefined;
}

/**
 * The PostgreSQL servers of a sandbox. Each project has its own, so that roles and settings are separate, as on Supabase.
 *
 * A server starts when it is used (about 30 ms) and stops after 20 s without a connection.
 */
export class ProjectServers {
  static readonly #idleMilliseconds = 20_000;
  readonly #folder: string;
  readonly #running = new Map<string, Running>();
  /** The latest start, stop or removal of each server. The next one waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Builds the initial contents of new servers, if they aren't cached yet. */
  static async prepare(): Promise<void> {
    await prepareSeed(platformSeed);
  }

  async use(ref: string): Promise<Lease> {
    const running = this.#wake(ref);
    running.leases++;
    clearTimeout(running.sleep);
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      running.leases--;
      if (running.leases === 0) this.#sleepLater(ref, running);
    };
    const { port, password } = await running.server;
    return { port, password, release };
  }

  /** Stops the server and closes its connections. Keeps its data. */
  async stop(ref: string): Promise<void> {
    await this.#turn(ref, async () => {
      const running = this.#running.get(ref);
      this.#running.delete(ref);
      clearTimeout(running?.sleep);
      await (await running?.server)?.stop();
    });
  }

  /** Stops the server and removes its data. */
  async remove(ref: string): Promise<void> {
    await this.stop(ref);
    await this.#turn(ref, () => rm(this.#dataFolder(ref), { recursive: true, force: true }));
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((ref) => this.stop(ref)));
    // Also waits for servers that were already stopping. The caller that stopped them receives the error.
    await Promise.allSettled(this.#turns.values());
  }

  #wake(ref: string): Running {
    const existing = this.#running.get(ref);
    if (existing !== undefined) return existing;
    const server = this.#turn(ref, async () => {
      await mkdir(this.#folder, { recursive: true });
      return startPostgres({ folder: this.#dataFolder(ref), seed: platformSeed });
    });
    const running: Running = { server, leases: 0, sleep: undefined };
    this.#running.set(ref, running);
    server
      .then(({ ended }) => ended)
      .then(
        () => this.#forget(ref, running),
        () => this.#forget(ref, running),
      );
    return running;
  }

  /** Forgets a server that exited or failed to start, so that the next use starts it again. */
  #forget(ref: string, running: Running): void {
    if (this.#running.get(ref) === running) this.#running.delete(ref);
  }

  #sleepLater(ref: string, running: Running): void {
    running.sleep = setTimeout(() => {
      if (running.leases === 0 && this.#running.get(ref) === running) void this.stop(ref);
    }, ProjectServers.#idleMilliseconds);
    running.sleep.unref();
  }

  #turn<T>(ref: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(ref) ?? Promise.resolve()).then(action, action);
    this.#turns.set(ref, turn);
    return turn;
  }

  #dataFolder(ref: string): string {
    return join(this.#folder, ref);
  }
}
