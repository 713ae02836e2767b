import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../src/options.ts";
import { type Sandbox, startSandbox } from "../src/sandbox.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read replies of many shapes
  readonly body: any;
}

/** A sandbox in a temporary folder, with helpers that call its Management API. */
export class LocalSandbox {
  readonly sandbox: Sandbox;
  readonly #folder: string;

  constructor(sandbox: Sandbox, folder: string) {
    this.sandbox = sandbox;
    this.#folder = folder;
  }

  async call(method: string, path: string, body?: unknown, token?: string): Promise<Reply> {
    const { env } = this.sandbox;
    const response = await fetch(env.SUPABASE_API_URL + path, {
      method,
      headers: {
        authorization: `Bearer ${token ?? env.SUPABASE_ACCESS_TOKEN}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  /** Creates a project, waits until it is healthy and returns its ref. */
  async project(name: string, details: object = {}): Promise<string> {
    const made = await this.call("POST", "/v1/projects", {
      name,
      organization_slug: "demo",
      db_pass: PASSWORD,
      ...details,
    });
    if (made.status !== 201) throw new Error(`the project wasn't created: ${JSON.stringify(made.body)}`);
    await this.healthy(made.body.ref);
    return made.body.ref;
  }

  async healthy(ref: string): Promise<void> {
    const path = `/v1/projects/${ref}/health?services=db,auth,rest,pooler,realtime`;
    await until(async () => {
      const { status, body } = await this.call("GET", path);
      return status === 200 && body.every((service: { healthy: boolean }) => service.healthy);
    });
  }

  query(ref: string, query: string, more: object = {}): Promise<Reply> {
    return this.call("POST", `/v1/projects/${ref}/database/query`, { query, ...more });
  }

  /** Connects through the pooler. The connection is closed after the test. */
  async connect(user: string, password = PASSWORD): Promise<pg.Client> {
    const { body } = await this.call("GET", `/v1/projects/${user.split(".")[1]}/config/database/pooler`);
    const client = new pg.Client({
      host: body[0]?.db_host ?? "127.0.0.1",
      port: body[0]?.db_port,
      user,
      password,
      database: "postgres",
    });
    client.on("error", () => undefined);
    onTestFinished(() => client.end());
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.sandbox.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export const PASSWORD = "correct-horse-battery";

export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<LocalSandbox> {
  const folder = await temporaryFolder();
  const sandbox = await startSandbox({
    folder: join(folder, "sandbox"),
    readinessMilliseconds: 20,
    requestsPerMinute: 10_000,
    ...options,
  });
  return new LocalSandbox(sandbox, folder);
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tenantry-sandbox-"));
}

/** Waits until the condition holds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error("the condition didn't hold within 120 seconds");
    await delay(10);
  }
}
