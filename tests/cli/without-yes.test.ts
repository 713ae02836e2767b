import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Repository } from "../git-repository.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry, tenantryAsked } from "./command-line.ts";

const ROOMY = PLATFORM.replace("workspaces: 2", "workspaces: 5");
const ACME = "stacks/demo/orgs/acme.yaml";
const APPLIED = ORGANIZATION.replace("staging: {}", "staging: { state: archived }").concat(
  "members: [{ email: eve@acme.example, role: admin }]\n",
);
/** A change that creates, updates and revokes, and that no guard refuses. */
const CHANGED = APPLIED.replace("production: {}", "production: {}, research: {}")
  .replace("eve@", "grace@")
  .concat("displayName: Acme Inc.\n");

/** What asks for confirmation, with arguments that would change something. */
const ASKS: Readonly<Record<string, () => readonly string[]>> = {
  up: () => [],
  destroy: () => [],
  restore: () => [archive(), "demo.acme/production", "--from-another-workspace"],
};

/** What only looks, with its arguments. `verify` tries writes, which it rolls back. */
const LOOKS: Readonly<Record<string, readonly string[]>> = {
  validate: [],
  plan: ["--since", "main"],
  preview: ["--sandbox"],
  plans: ["stacks/demo"],
  authorize: ["--since", "main", "--actor", "ada"],
  verify: ["--sandbox", "--matrix"],
  outputs: ["--sandbox", "demo.acme"],
  schema: [],
};

/** What changes something without a question, and why that needs none. */
const WRITES: Readonly<Record<string, string>> = {
  intake: "writes manifests, which git shows before anybody applies them",
  import: "writes manifests, which git shows before anybody applies them",
  codeowners: "writes CODEOWNERS, which git shows before anybody merges it",
  webhook: "serves Stripe's events, unattended",
  reload: "buys credits as the manifests say, unattended",
  access: "delivers changes of access that were made in the product, unattended",
  domains: "records which domains are proved",
  sandbox: "starts a local Supabase and Stripe",
};

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;
let before: Everything;

beforeAll(async () => {
  folder = folderWith({ "stacks/demo/platform.yaml": ROOMY, [ACME]: APPLIED });
  sandbox = await startProductSandbox({
    folder: join(folder.path, ".tenantry/sandbox"),
    readinessMilliseconds: 1,
  });
  const up = await tenantry(["up", "--yes", "--sandbox"], { cwd: folder.path });
  expect(up.exitCode, up.stdout + up.stderr).toBe(0);
  const repository = Repository.with({ ".gitignore": ".tenantry/\n" }, folder.path);
  repository.write({ [ACME]: CHANGED });
  before = await everything();
}, 120_000);

afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

test("every command of the program is listed here", async () => {
  const { stdout } = await tenantry(["--help"], { cwd: folder.path });
  const commands = [...stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([a-z]+)/gm)].map(
    ([, name]) => name,
  );
  const listed = [...Object.keys(ASKS), ...Object.keys(LOOKS), ...Object.keys(WRITES), "help"];
  expect(commands.sort()).toEqual(listed.sort());
});

test("the commands that ask are those with --yes", async () => {
  for (const name of [...Object.keys(ASKS), ...Object.keys(LOOKS), ...Object.keys(WRITES)]) {
    const { stdout } = await tenantry([name, "--help"], { cwd: folder.path });
    expect(/^ {2}.*--yes\b/m.test(stdout), name).toBe(Object.hasOwn(ASKS, name));
  }
});

describe.each(Object.keys(ASKS))("`%s` changes nothing", (name) => {
  const command = (...more: string[]) => [name, ...(ASKS[name]?.() ?? []), "--sandbox", ...more];

  test("without a terminal", async () => {
    const ran = await tenantry(command(), { cwd: folder.path });
    expect(ran.stderr).toContain("asks for confirmation, but there is no terminal");
    expect(ran.exitCode).toBe(1);
    expect(await everything()).toEqual(before);
  });

  test("without a terminal, with --json", async () => {
    const ran = await tenantry(command("--json"), { cwd: folder.path });
    expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false });
    expect(ran.exitCode).toBe(1);
    expect(await everything()).toEqual(before);
  });

  test.each(["n", "", "yess"])("after the answer %j", async (answer) => {
    const ran = await tenantryAsked(command(), { cwd: folder.path }, () => answer);
    expect(ran.stderr).toContain("No changes were made.");
    expect(ran.exitCode).toBe(1);
    expect(await everything()).toEqual(before);
  });
});

test.each(Object.entries(LOOKS))("`%s` changes nothing", async (name, args) => {
  const ran = await tenantry([name, ...args], { cwd: folder.path });
  expect(ran.stdout).not.toBe("");
  const after = await everything();
  if (name === "verify") before = { ...before, writes: after.writes };
  expect(after).toEqual(before);
});

interface Everything {
  readonly writes: number;
  readonly databases: readonly unknown[];
  readonly files: Readonly<Record<string, string>>;
}

/** What a command could change: calls that write, rows of all databases, recorded states, archives and manifests. */
async function everything(): Promise<Everything> {
  const writes = sandbox.requests().filter(({ write }) => write).length;
  const databases = await Promise.all((await projects()).map(rowsOf));
  const files = ["stacks", ...["state", "stacks", "archives"].map((each) => `.tenantry/sandbox/${each}`)];
  return { writes, databases, files: Object.fromEntries(files.flatMap(digests)) };
}

async function projects(): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${sandbox.env.SUPABASE_ACCESS_TOKEN}` };
  const response = await fetch(`${sandbox.supabaseUrl}/v1/projects`, { headers });
  const found = (await response.json()) as readonly { readonly ref: string; readonly status: string }[];
  return found.filter(({ status }) => status === "ACTIVE_HEALTHY").map(({ ref }) => ref);
}

/** The digest of the rows of each table. */
async function rowsOf(ref: string): Promise<unknown> {
  const client = new pg.Client(sandbox.databaseUrl(ref));
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace n on n.oid = relnamespace
        where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`,
    );
    const each = tables.map(
      ({ name }) =>
        `select '${name}' as name, md5(string_agg(t::text, ' ' order by t::text)) as digest from ${name} t`,
    );
    return (await client.query(`${each.join(" union all ")} order by 1`)).rows;
  } finally {
    await client.end();
  }
}

function digests(path: string): (readonly [string, string])[] {
  return readdirSync(join(folder.path, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file, createHash("sha256").update(readFileSync(file)).digest("hex")] as const);
}

function archive(): string {
  const archives = join(folder.path, ".tenantry/sandbox/archives");
  const found = readdirSync(archives, { recursive: true, encoding: "utf8" }).find((file) =>
    /\.\w+$/.test(file),
  );
  return join(archives, found ?? "missing");
}
