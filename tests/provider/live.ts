import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import pg from "pg";
import { expect } from "vitest";
import type { Fault } from "../../packages/sandbox/src/faults.ts";
import type { SandboxOptions } from "../../packages/sandbox/src/options.ts";
import { deriveDatabasePassword } from "../../src/shared/derive.ts";
import { projectName, stableId } from "../../src/shared/ids.ts";
import { Connections, type Context } from "../../src/vendors/connections.ts";
import { dataOf, type Supabase } from "../../src/vendors/supabase/client.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";

/** A sandbox with helpers for tests. */
export interface Live {
  readonly sandbox: ProductSandbox;
  /** The context that a newly started provider passes to resources. */
  context(signal?: AbortSignal, env?: Readonly<Record<string, string>>): (mode: "look" | "write") => Context;
  /** Creates a platform's project with a derived password, and returns its ref. */
  project(platform: string): Promise<string>;
  deleteProject(ref: string): Promise<void>;
  /** Runs SQL as the superuser. */
  sql(ref: string, text: string): Promise<Record<string, unknown>[]>;
  /** Runs SQL as an API role with a token's claims. */
  as(ref: string, role: string, claims: object, text: string): Promise<Record<string, unknown>[]>;
  /** Kills a run while a fault holds one of its calls: `hold-before` the effect or `hold-after` it. */
  killed(
    fault: Fault,
    run: (context: (mode: "look" | "write") => Context) => Promise<unknown>,
    env?: Readonly<Record<string, string>>,
  ): Promise<void>;
  stop(): Promise<void>;
}

export const SUPABASE_ORGANIZATION = "demo";

export async function startLive(options: Partial<SandboxOptions> = {}): Promise<Live> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-live-"));
  const settings = { folder, readinessMilliseconds: 0, requestsPerMinute: 100_000 };
  const sandbox = await startProductSandbox({ ...settings, ...options });
  const opened: Connections[] = [];

  const context: Live["context"] = (signal = new AbortController().signal, env = {}) => {
    const connections = new Connections({ ...sandbox.env, ...env }, signal);
    opened.push(connections);
    return (mode: "look" | "write") => {
      // A new context for each read, so that reads aren't cached.
      connections.forget();
      return connections.context(mode, { signal, status: () => {} });
    };
  };

  const sql = async (ref: string, text: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client(sandbox.databaseUrl(ref));
    await client.connect();
    try {
      const results: pg.QueryResult | pg.QueryResult[] = await client.query(text);
      const last = Array.isArray(results) ? results.at(-1) : results;
      return last?.rows ?? [];
    } finally {
      await client.end();
    }
  };

  return {
    sandbox,
    context,
    sql,
    as: (ref, role, claims, text) =>
      sql(
        ref,
        `select set_config('request.jwt.claims', ${pg.escapeLiteral(JSON.stringify(claims))}, false);
         set role ${role}; ${text}`,
      ),
    async project(platform) {
      const { supabase } = context()("write");
      const id = stableId(platform);
      const root = new Secret(sandbox.env.TENANTRY_ROOT_SECRET ?? "");
      const made = await dataOf(
        supabase.api.POST("/v1/projects", {
          body: {
            name: projectName([platform], id),
            organization_slug: SUPABASE_ORGANIZATION,
            db_pass: deriveDatabasePassword(root, { id, generation: 1 }).reveal(),
            region_selection: { type: "specific", code: "us-east-1" },
          },
        }),
      );
      await untilHealthy(supabase, made.ref);
      return made.ref;
    },
    async deleteProject(ref) {
      const { supabase } = context()("write");
      await dataOf(supabase.api.DELETE("/v1/projects/{ref}", { params: { path: { ref } } }));
    },
    async killed(fault, run, env) {
      const killed = new AbortController();
      sandbox.setFaults([fault]);
      const cut = run(context(killed.signal, env));
      await sandbox.held();
      killed.abort();
      await expect(cut).rejects.toThrow();
      sandbox.setFaults([]);
      sandbox.release();
    },
    async stop() {
      await Promise.all(opened.map((connections) => connections.close()));
      await sandbox.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Queries run one after another; the sandbox prepares a project meanwhile. */
async function untilHealthy(supabase: Supabase, ref: string): Promise<void> {
  for (;;) {
    const { status } = await dataOf(supabase.api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
    if (status === "ACTIVE_HEALTHY") return;
  }
}
