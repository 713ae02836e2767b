import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../packages/sandbox/src/faults.ts";
import type { IntakeDocument } from "../../src/cli/commands/intake.ts";
import type { VerifyDocument } from "../../src/cli/commands/verify.ts";
import { folderWith, ORGANIZATION, PLATFORM, type Ran, tenantry } from "../cli/command-line.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;

beforeAll(async () => {
  folder = folderWith({
    "stacks/demo/platform.yaml": PLATFORM,
    "stacks/demo/orgs/acme.yaml": ORGANIZATION.replace(", staging: {}", ""),
  });
  sandbox = await startProductSandbox({
    folder: join(folder.path, ".tenantry/sandbox"),
    readinessMilliseconds: 1,
  });
});

afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

const run = (args: readonly string[], env = {}): Promise<Ran> =>
  tenantry([...args, "--sandbox"], { cwd: folder.path, env });

async function up(): Promise<void> {
  const { exitCode, stdout, stderr } = await run(["up", "--yes"]);
  expect(exitCode, stdout + stderr).toBe(0);
}

interface Verdict {
  readonly exitCode: number;
  readonly outcomes: Record<string, string>;
  readonly found: readonly string[];
}

async function verify(env = {}): Promise<Verdict> {
  return verdictOf(await run(["verify", "--json"], env));
}

async function deliverAccess(): Promise<void> {
  expect(await run(["access"])).toMatchObject({ exitCode: 0 });
}

function verdictOf({ exitCode, stdout }: Ran): Verdict {
  const { databases } = JSON.parse(stdout) as VerifyDocument;
  const outcomes = databases.map(({ stack, database, outcome }) => [`${stack}, ${database}`, outcome]);
  const found = databases.flatMap(({ differences }) => differences.map(({ subject }) => subject));
  return { exitCode, outcomes: Object.fromEntries(outcomes), found };
}

async function intake(...args: string[]): Promise<IntakeDocument["organizations"]> {
  const { exitCode, stdout, stderr } = await run([...args, "--json"]);
  expect(exitCode, stdout + stderr).toBe(0);
  return (JSON.parse(stdout) as IntakeDocument).organizations;
}

async function call(method: string, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${sandbox.env.SUPABASE_ACCESS_TOKEN}` };
  return (await fetch(sandbox.supabaseUrl + path, { method, headers })).json();
}

/** The ref of the project whose name begins with a text. */
async function refOf(project: string): Promise<string> {
  const projects = (await call("GET", "/v1/projects")) as { ref: string; name: string }[];
  return projects.find(({ name }) => new RegExp(`^${project}--[0-9a-f]{8}$`).test(name))?.ref ?? "";
}

/** Runs SQL in a project as a superuser, as the vendor could. */
async function sql(project: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(sandbox.databaseUrl(await refOf(project)));
  await client.connect();
  try {
    const results: pg.QueryResult | pg.QueryResult[] = await client.query(text);
    return (Array.isArray(results) ? results.at(-1) : results)?.rows ?? [];
  } finally {
    await client.end();
  }
}

/** Calls a function of the data API as a signed-in person. */
function asUser(email: string, call: string): Promise<Record<string, unknown>[]> {
  return sql(
    "demo",
    `select set_config('request.jwt.claims', jsonb_build_object('sub', id, 'email', email, 'iss', (select issuer from public.platforms))::text, false)
       from auth.users where email = '${email}';
     set role authenticated; ${call}`,
  );
}

const signUp = (email: string) =>
  sql(
    "demo",
    `insert into auth.users (id, email, email_confirmed_at) values (gen_random_uuid(), '${email}', now())`,
  );

it("isn't verified before it exists, and is clean after that", async () => {
  expect((await verify()).exitCode).toBe(1);
  await up();
  expect(await verify()).toEqual({
    exitCode: 0,
    outcomes: {
      "demo.platform, control plane": "clean",
      "demo.acme, control plane": "clean",
      "demo.acme, workspace production": "clean",
    },
    found: [],
  });
});

describe("a database that can't be reached isn't clean", () => {
  const NOTHING = {
    "demo.platform, control plane": "not verified",
    "demo.acme, control plane": "not verified",
    "demo.acme, workspace production": "not verified",
  };

  it.each<[string, Fault, Record<string, string>]>([
    ["a Management API that refuses calls for their number", { kind: "429", service: "supabase" }, NOTHING],
    ["one that fails", { kind: "500", service: "supabase" }, NOTHING],
    ["one whose connections drop", { kind: "drop-before", service: "supabase" }, NOTHING],
    ["one that drops them before its answer", { kind: "drop-after", service: "supabase" }, NOTHING],
    ["a control plane whose connections drop", { kind: "drop-before", service: "postgres" }, NOTHING],
    [
      "one that drops them when all was tried",
      { kind: "drop-after", service: "postgres", match: "^(--[^\n]*\\s+)*do " },
      { ...NOTHING, "demo.acme, workspace production": "clean" },
    ],
    [
      "a workspace's database that doesn't answer",
      { kind: "500", service: "supabase", match: "^POST /v1/projects/[a-z]+/database/query$" },
      {
        "demo.platform, control plane": "clean",
        "demo.acme, control plane": "clean",
        "demo.acme, workspace production": "not verified",
      },
    ],
  ])("%s", async (_, fault, outcomes) => {
    sandbox.setFaults([fault]);
    const verdict = await verify({ TENANTRY_ATTEMPTS: "2" }).finally(() => sandbox.setFaults([]));
    expect(verdict).toEqual({ exitCode: 1, outcomes, found: [] });
  });

  it("a Management API that doesn't respond", async () => {
    sandbox.setFaults([{ kind: "hold-before", service: "supabase" }]);
    const verdict = await verify({ TENANTRY_ATTEMPTS: "1", TENANTRY_TIMEOUT: "1" });
    sandbox.setFaults([]);
    sandbox.release();
    expect(verdict).toEqual({ exitCode: 1, outcomes: NOTHING, found: [] });
  });

  it("an invalid token", async () => {
    const env = { ...sandbox.env, SUPABASE_ACCESS_TOKEN: `sbp_${"0".repeat(40)}` };
    const ran = await tenantry(["verify", "--json"], { cwd: folder.path, env });
    expect(verdictOf(ran)).toEqual({ exitCode: 1, outcomes: NOTHING, found: [] });
    expect(ran.stdout).toContain("Check SUPABASE_ACCESS_TOKEN: it is wrong, expired or revoked.");
  });
});

it("refuses a workspace above the limit, counting requests in the product, before it creates a project", async () => {
  await signUp("ada@acme.example");
  const [acme] = await sql("demo", "select id from public.organizations where name = 'acme'");
  await asUser("ada@acme.example", `select public.create_workspace('${acme?.id}', 'spike')`);

  const file = join(folder.path, "stacks/demo/orgs/acme.yaml");
  const declared = readFileSync(file, "utf8");
  writeFileSync(file, ORGANIZATION);
  const runs = [await run(["preview", "demo.acme"]), await run(["up", "demo.acme", "--yes"])];
  writeFileSync(file, declared);
  for (const { exitCode, stdout } of runs) {
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "The plan free allows 2 workspaces, and 3 are needed: people asked in the product for spike.",
    );
    expect(stdout).toContain("or ask for an override of `limits.workspaces`.");
  }
  expect(await refOf("demo--acme--staging")).toBe("");
});

it("adds sign-ups and requests to manifests once, and applies them", async () => {
  await signUp("jo@lonepine.example");
  const [acme] = await sql("demo", "select id from public.organizations where name = 'acme'");
  await asUser("ada@acme.example", `select public.invite('${acme?.id}', 'lin@acme.example', 'admin')`);

  const before = await sql("demo", COUNTS);
  const written = await intake("intake");
  expect(written).toMatchObject([
    { stack: "demo.acme", outcome: "written", added: ["workspace spike"] },
    { stack: expect.stringMatching(/^demo\.jo-[0-9a-f]{8}$/), outcome: "written" },
  ]);
  expect((await intake("intake")).map(({ outcome }) => outcome)).toEqual(["unchanged", "unchanged"]);
  expect(await sql("demo", COUNTS)).toEqual(before);
  const waiting = await verify();
  expect(waiting.exitCode).toBe(1);
  expect(waiting.outcomes["demo.acme, workspace spike"]).toBe("not verified");

  await up();
  expect(await intake("intake")).toEqual([]);
  const mine = await asUser(
    "jo@lonepine.example",
    "select name, state, url is not null as has_url from public.my_workspaces()",
  );
  expect(mine).toEqual([{ name: "personal", state: "active", has_url: true }]);
  expect((await verify()).exitCode).toBe(0);
});

const COUNTS = `select (select count(*) from public.organizations) as organizations,
  (select count(*) from public.workspaces where state = 'requested') as requested`;

it("leaves what the product manages unchanged until it is imported", async () => {
  await signUp("lin@acme.example");
  const [acme] = await sql("demo", "select id from public.organizations where name = 'acme'");
  await asUser("lin@acme.example", `select public.accept_invitation('${acme?.id}')`);
  await up();
  const lin = "select role, managed_by from public.members where email = 'lin@acme.example'";
  expect(await sql("demo", lin)).toEqual([{ role: "admin", managed_by: "app" }]);
  // No stack had changes, so only tenantry webhook or this command delivers changes that were made in the product.
  expect((await verify()).exitCode).toBe(2);
  await deliverAccess();
  expect((await verify()).exitCode).toBe(0);

  const file = join(folder.path, "stacks/demo/orgs/acme.yaml");
  expect(await intake("import", "demo.acme")).toMatchObject([{ added: ["member lin@acme.example"] }]);
  expect(readFileSync(file, "utf8")).toContain("\n  - { email: lin@acme.example, role: admin }\n");
  await up();
  expect(await sql("demo", lin)).toEqual([{ role: "admin", managed_by: "manifest" }]);
  expect((await verify()).exitCode).toBe(0);
});

it("imports no member into a manifest that leaves out members whom an earlier one declared", async () => {
  const file = join(folder.path, "stacks/demo/orgs/acme.yaml");
  const declared = readFileSync(file, "utf8");
  writeFileSync(file, declared.replace(/^members:\n(?: .*\n)+/m, ""));
  await sql(
    "demo",
    `insert into public.members (organization_id, email, role, managed_by)
       select id, 'eve@acme.example', 'admin', 'app' from public.organizations where name = 'acme'`,
  );
  expect(await intake("import", "demo.acme")).toMatchObject([
    {
      outcome: "unchanged",
      added: [],
      left: [{ what: "member eve@acme.example", reason: expect.stringContaining("leaves `members` out") }],
    },
  ]);
  writeFileSync(file, declared);
  await sql("demo", "delete from public.members where email = 'eve@acme.example'");
  await deliverAccess();
});

it("skips a row that violates a later rule, names it, and imports the rest", async () => {
  const planted = "a..b@acme.example";
  await sql(
    "demo",
    `alter table public.members disable trigger text_of_email;
     insert into public.members (organization_id, email, role, managed_by)
       select id, email, 'admin', 'app' from public.organizations, unnest('{${planted},c&d@acme.example}'::text[]) as email
       where name = 'acme';
     alter table public.members enable trigger text_of_email`,
  );
  await up();
  const { exitCode, stdout, stderr } = await run(["import", "demo.acme"]);
  expect(exitCode, stderr).toBe(1);
  expect(stdout).toContain("+ member c&d@acme.example");
  expect(stdout).toContain(
    `! member ${planted} is skipped: \`email\`: expected an e-mail address as ada@acme.example`,
  );
  expect(stdout).toContain("Correct it in the product, or in its row of public.members in the control plane");
  const file = join(folder.path, "stacks/demo/orgs/acme.yaml");
  expect(readFileSync(file, "utf8")).toContain("\n  - { email: c&d@acme.example, role: admin }\n");
  await up();
  await sql("demo", `delete from public.members where email = '${planted}'`);
  await deliverAccess();
  expect((await verify()).exitCode).toBe(0);
});

it("reports undeclared access, and a missing project", async () => {
  await sql(
    "demo--acme--production",
    "create policy backdoor on public.chats for select to authenticated using (true)",
  );
  const told = await run(["verify", "demo.acme"]);
  expect(told.exitCode).toBe(2);
  expect(told.stdout).toMatch(
    /differs +demo\.acme, workspace production.*\n {2}policy backdoor on public\.chats\n/,
  );

  await call("DELETE", `/v1/projects/${await refOf("demo--acme--production")}`);
  const { exitCode, outcomes } = await verify();
  expect(exitCode).toBe(1);
  expect(outcomes["demo.acme, control plane"]).toBe("clean");
  expect(outcomes["demo.acme, workspace production"]).toBe("not verified");
});

it("refuses to import an unknown organization or a whole platform", async () => {
  for (const target of ["demo.globex", "stacks/demo"]) {
    const { exitCode, stderr } = await run(["import", target]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /error: (The control plane of demo has no organization globex|tenantry import works on single organizations)/,
    );
  }
  expect(existsSync(join(folder.path, "stacks/demo/orgs/globex.yaml"))).toBe(false);
});
