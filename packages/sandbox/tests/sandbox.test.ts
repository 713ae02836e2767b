import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { joinSandbox } from "../src/join.ts";
import { startSandbox } from "../src/sandbox.ts";
import { LocalSandbox, temporaryFolder } from "./local-sandbox.ts";

/** Removes the ports, which may differ between starts. */
function withoutPorts(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace(/:\d+$/, "")]));
}

describe("a sandbox", () => {
  const folders: string[] = [];
  async function folder(): Promise<string> {
    const made = await temporaryFolder();
    folders.push(made);
    return made;
  }

  async function open(at: string): Promise<LocalSandbox> {
    const options = { folder: at, readinessMilliseconds: 20, requestsPerMinute: 10_000 };
    return new LocalSandbox(await startSandbox(options), at);
  }

  afterEach(async () => {
    for (const made of folders.splice(0)) await rm(made, { recursive: true, force: true });
  });

  test("stores the caller's variables and returns them to processes that join", async () => {
    const at = await folder();
    const variables = (where: string, { TOKEN = "first" }: Readonly<Record<string, string>>) => ({
      TOKEN,
      FOLDER: join(where, "data"),
    });
    const sandbox = await startSandbox({ folder: at, variables });
    expect(sandbox.env).toMatchObject({ TOKEN: "first", FOLDER: join(at, "data") });
    expect((await joinSandbox({ folder: at })).env).toEqual(sandbox.env);
    const other = () => ({ TOKEN: "second", SUPABASE_ACCESS_TOKEN: "not replaced" });
    expect((await joinSandbox({ folder: at, variables: other })).env).toMatchObject({
      TOKEN: "second",
      SUPABASE_ACCESS_TOKEN: sandbox.env.SUPABASE_ACCESS_TOKEN,
    });
    await sandbox.stop();
    const again = await startSandbox({ folder: at, variables });
    await again.stop();
    expect(again.env.TOKEN).toBe("second");
  });

  test("returns the variables that its clients need", async () => {
    const at = await folder();
    const sandbox = await startSandbox({ folder: at });
    await sandbox.stop();
    expect(sandbox.env).toEqual({
      SUPABASE_API_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      SUPABASE_ACCESS_TOKEN: expect.stringMatching(/^sbp_[0-9a-f]{40}$/),
      STRIPE_API_BASE: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      STRIPE_API_KEY: expect.stringMatching(/^sk_test_/),
      PGSSLROOTCERT: join(at, "pooler.crt"),
    });
    expect(readdirSync(at).sort()).toEqual([
      "pooler.crt",
      "sandbox.json",
      "stripe.journal",
      "supabase.journal",
    ]);
  });

  test("keeps its tokens, projects and data across restarts", async () => {
    const at = await folder();
    const first = await open(at);
    const ref = await first.project("kept");
    await first.query(ref, "create table kept as select 7 as n");
    await first.sandbox.stop();

    const second = await open(at);
    const rows = await second.query(ref, "table kept");
    await second.sandbox.stop();

    expect(withoutPorts(second.sandbox.env)).toEqual(withoutPorts(first.sandbox.env));
    expect(rows.body).toEqual([{ n: 7 }]);
  });

  test("keeps its ports if they are still free", async () => {
    const at = await folder();
    const run = async () => {
      const { supabaseUrl, stripeUrl, stop } = await startSandbox({ folder: at });
      await stop();
      return `${supabaseUrl} ${stripeUrl}`;
    };
    let [former, latest] = [await run(), await run()];
    // Another process may take a port in between, but hardly every time.
    for (let more = 0; latest !== former && more < 5; more++) [former, latest] = [latest, await run()];
    expect(latest).toBe(former);
  });

  test("can be joined, but not started twice in one folder", async () => {
    const at = await folder();
    const sandbox = await startSandbox({ folder: at });
    await expect(startSandbox({ folder: at })).rejects.toThrow(
      `A sandbox is already running in ${at}: process `,
    );
    const joined = await joinSandbox({ folder: at, organizations: ["joiners"] });
    expect(joined.env).toEqual(sandbox.env);
    const { body } = await new LocalSandbox(sandbox, at).call("GET", "/v1/organizations");
    expect(body.map((one: { slug: string }) => one.slug)).toContain("joiners");
    await joined.stop();
    expect((await fetch(sandbox.supabaseUrl)).status).toBe(401);
    await sandbox.stop();
    expect(process.getActiveResourcesInfo()).not.toContain("TCPServerWrap");
  });

  test("is started once if several callers join at the same time", async () => {
    const at = await folder();
    const all = await Promise.all(Array.from({ length: 5 }, () => joinSandbox({ folder: at })));
    await Promise.all(all.map((one) => one.stop()));
    expect(new Set(all.map(({ supabaseUrl }) => supabaseUrl)).size).toBe(1);
    expect(existsSync(join(at, "sandbox.lock"))).toBe(false);
  });

  test("that was killed restarts with everything that it had confirmed", async () => {
    const at = await folder();
    const program = `
      const { startSandbox } = await import(${JSON.stringify(join(import.meta.dirname, "../src/sandbox.ts"))});
      const sandbox = await startSandbox({ folder: ${JSON.stringify(at)}, readinessMilliseconds: 20 });
      const response = await fetch(sandbox.supabaseUrl + "/v1/projects", {
        method: "POST",
        headers: { authorization: "Bearer " + sandbox.env.SUPABASE_ACCESS_TOKEN },
        body: JSON.stringify({ name: "survivor", organization_slug: "demo", db_pass: "correct-horse-battery" }),
      });
      process.stdout.write((await response.json()).ref);`;
    const child = spawn(process.execPath, ["--import", "tsx/esm", "--input-type=module", "-e", program]);
    const [ref] = await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");

    const again = await open(at);
    await again.healthy(String(ref));
    expect((await again.query(String(ref), "select 1 as n")).body).toEqual([{ n: 1 }]);
    await again.sandbox.stop();
  });

  test("neither records nor breaks the queries of its superuser connection", async () => {
    const at = await folder();
    const local = await open(at);
    const ref = await local.project("seen");
    local.sandbox.clearRequests();
    local.sandbox.setFaults([{ kind: "500" }]);
    const client = new pg.Client(local.sandbox.databaseUrl(ref));
    await client.connect();
    const { rows } = await client.query("select current_user");
    await client.end();
    expect(rows).toEqual([{ current_user: "supabase_admin" }]);
    expect(local.sandbox.requests()).toEqual([]);
    await local.sandbox.stop();
  });
});
