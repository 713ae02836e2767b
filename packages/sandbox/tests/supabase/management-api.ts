import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { onTestFinished } from "vitest";
import { ProjectServers } from "../../src/project-servers.ts";
import { Store } from "../../src/store.ts";
import { Account } from "../../src/supabase/account.ts";
import { createSupabase } from "../../src/supabase/app.ts";
import { addOrganization } from "../../src/supabase/organizations.ts";

export const TOKEN = `sbp_${"0".repeat(40)}`;

export interface ManagementApi {
  /** The current time in milliseconds. The readiness delay is 1000 milliseconds. */
  readonly clock: { now: number };
  readonly request: (path: string, options?: RequestInit) => Promise<Response>;
  /** Sends a request with the token. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<Response>;
}

/** Creates a Management API with its own clock and without ports. It is stopped after the test. */
export async function managementApi(perMinute = 10_000): Promise<ManagementApi> {
  const folder = await mkdtemp(join(tmpdir(), "tenantry-api-"));
  const servers = new ProjectServers(folder);
  const clock = { now: Date.UTC(2026, 10, 1) };
  const account = new Account({
    store: new Store(),
    servers,
    now: () => clock.now,
    readinessMilliseconds: 1000,
    pooler: { host: "127.0.0.1", port: 5432 },
    freeProjectLimit: 2,
  });
  onTestFinished(async () => {
    await servers.stopAll();
    await rm(folder, { recursive: true, force: true });
  });
  addOrganization(account, { slug: "a", name: "A" });
  addOrganization(account, { slug: "b", name: "B" });
  const app = createSupabase({ account, token: new Secret(TOKEN), perMinute });
  const request = async (path: string, options?: RequestInit): Promise<Response> =>
    app.request(path, options);
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    request(path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { clock, request, call };
}
