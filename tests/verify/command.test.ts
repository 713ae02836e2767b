import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { VerifyDocument } from "../../src/cli/commands/verify.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "../cli/command-line.ts";

let folder: ReturnType<typeof folderWith>;
let sandbox: Awaited<ReturnType<typeof startSandbox>>;

beforeAll(async () => {
  folder = folderWith({
    "stacks/demo/platform.yaml": PLATFORM,
    "stacks/demo/orgs/acme.yaml": ORGANIZATION.replace(", staging: {}", ""),
  });
  sandbox = await startSandbox({ folder: join(folder.path, ".tenantry/sandbox"), readinessMilliseconds: 1 });
});

afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

const run = (...args: string[]) => tenantry([...args, "--sandbox"], { cwd: folder.path });

async function verify(): Promise<{ exitCode: number; outcomes: Record<string, string> }> {
  const { exitCode, stdout } = await run("verify", "--json");
  const { databases } = JSON.parse(stdout) as VerifyDocument;
  const outcomes = databases.map(({ stack, database, outcome }) => [`${stack}, ${database}`, outcome]);
  return { exitCode, outcomes: Object.fromEntries(outcomes) };
}

test("what isn't up isn't clean; what is up is; a hole is told; and what can't be reached isn't clean either", async () => {
  expect((await verify()).exitCode).toBe(1);

  const up = await run("up", "--yes");
  expect(up.exitCode, up.stdout + up.stderr).toBe(0);
  expect(await verify()).toEqual({
    exitCode: 0,
    outcomes: {
      "demo.platform, control plane": "clean",
      "demo.acme, control plane": "clean",
      "demo.acme, workspace production": "clean",
    },
  });

  const workspace = await refOf("demo--acme--production--");
  const client = new pg.Client(sandbox.databaseUrl(workspace));
  await client.connect();
  await client.query("create policy backdoor on public.chats for select to authenticated using (true)");
  await client.end();
  const told = await run("verify", "demo.acme");
  expect(told.exitCode).toBe(2);
  expect(told.stdout).toMatch(
    /differs +demo\.acme, workspace production.*\n {2}policy backdoor on public\.chats\n/,
  );

  sandbox.setFaults([{ kind: "500", service: "supabase", match: "/database/query" }]);
  expect(await verify()).toEqual({
    exitCode: 1,
    outcomes: {
      "demo.platform, control plane": "clean",
      "demo.acme, control plane": "clean",
      "demo.acme, workspace production": "not verified",
    },
  });
});

async function refOf(name: string): Promise<string> {
  const headers = { authorization: `Bearer ${sandbox.env.SUPABASE_ACCESS_TOKEN}` };
  const answer = await fetch(`${sandbox.supabaseUrl}/v1/projects`, { headers });
  const projects = (await answer.json()) as { ref: string; name: string }[];
  return projects.find((project) => project.name.startsWith(name))?.ref ?? "";
}
