import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { startPostgres } from "../src/postgres.ts";
import { temporaryFolder, until } from "./local-sandbox.ts";

describe("a PostgreSQL 17 server", () => {
  const folders: string[] = [];
  async function folder(): Promise<string> {
    const made = await temporaryFolder();
    folders.push(made);
    return made;
  }

  afterEach(async () => {
    for (const made of folders.splice(0)) await rm(made, { recursive: true, force: true });
  });

  test("keeps its data across restarts in a folder that only its owner can access", async () => {
    const closed = await folder();
    await chmod(closed, 0o700);
    const data = join(closed, "data");

    const first = await startPostgres({ folder: data });
    const version = await ask(first.superuserUrl("postgres"), "select version()");
    await ask(first.superuserUrl("postgres"), "create table kept as select 42 as answer");
    await first.stop();
    const second = await startPostgres({ folder: data });
    const rows = await ask(second.superuserUrl("postgres"), "select answer from kept");
    await second.stop();

    expect(version[0]?.version).toMatch(/^PostgreSQL 17\./);
    expect(rows).toEqual([{ answer: 42 }]);
    expect(readdirSync(data)).not.toContain("postmaster.pid");
  });

  test("starts with the contents of its seed, which is built once", async () => {
    let filled = 0;
    const seed = {
      // Constant, so that this machine caches only one data folder for the test.
      digest: "of a table called seeded",
      fill: async (url: (database: string) => string) => {
        filled++;
        await ask(url("postgres"), "create table seeded (n int)");
      },
    };
    const servers = [
      await startPostgres({ folder: join(await folder(), "a"), seed }),
      await startPostgres({ folder: join(await folder(), "b"), seed }),
    ];
    const found = await Promise.all(servers.map((one) => ask(one.superuserUrl("postgres"), "table seeded")));
    await Promise.all(servers.map((one) => one.stop()));
    expect(found).toEqual([[], []]);
    expect(filled).toBeLessThanOrEqual(1);
  });

  test("refuses a wrong password", async () => {
    const server = await startPostgres({ folder: join(await folder(), "data") });
    const url = server.superuserUrl("postgres").replace(/:[0-9a-f]+@/, ":guess@");
    await expect(ask(url, "select 1")).rejects.toThrow("password authentication failed");
    await server.stop();
  });

  test("stops when its process is killed, and restarts with the committed data", async () => {
    const data = join(await folder(), "data");
    const program = `
      import pg from "pg";
      const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, "../src/postgres.ts"))});
      const server = await startPostgres({ folder: ${JSON.stringify(data)} });
      const client = new pg.Client(server.superuserUrl("postgres"));
      await client.connect();
      await client.query("create table kept as select 1 as n");
      process.stdout.write("ready");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--import", "tsx/esm", "--input-type=module", "-e", program]);
    await once(child.stdout, "data");
    const server = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);

    child.kill("SIGKILL");
    await until(() => !isAlive(server));

    const again = await startPostgres({ folder: data });
    expect(await ask(again.superuserUrl("postgres"), "select n from kept")).toEqual([{ n: 1 }]);
    await again.stop();
  });
});

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect().catch(async (error: unknown) => {
    await client.end();
    throw error;
  });
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
