import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunOptions } from "../../packages/embedded-engine/src/interface.ts";
import type { Fault } from "../../packages/sandbox/src/faults.ts";
import { PLATFORM, World } from "./harness.ts";
import { runOnce } from "./run-once.ts";

const ALAN = "alan@acme.example";

function yaml(members: string, workspaces = "{ personal: {} }") {
  return `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: team
owner: ada@acme.example
members: [${members}]
billing: { email: billing@acme.example }
workspaces: ${workspaces}
`;
}

const WITH_ALAN = yaml(`{ email: ${ALAN}, role: member, workspaces: [personal] }`);

/** Access that was opened by hand. */
const HOLES = `
  alter table public.files disable row level security;
  grant select on public.files to anon;
  update private.settings set issuer = 'https://eve.example/auth/v1';
  create policy leak on storage.objects for select to anon using (true)`;

/** Whether each of them is still open, and whether a removed member still has access. */
const OPEN = `select not (select relrowsecurity from pg_class where oid = 'public.files'::regclass) as rows,
  has_table_privilege('anon', 'public.files', 'select') as privilege,
  (select issuer from private.settings) = 'https://eve.example/auth/v1' as issuer,
  exists (select from pg_policy where polname = 'leak') as policy,
  exists (select from public.workspace_members where email = '${ALAN}') as member`;

const CLOSED = { rows: false, privilege: false, issuer: false, policy: false, member: false };

/** Another object in the database, the statement that drops it, and the expected output and result of the run. */
const CASES = [
  [
    "a table",
    "create table public.handmade (id int)",
    "drop table public.handmade",
    "table public.handmade (made by hand)",
  ],
  [
    "an added column",
    "alter table public.files add column note text",
    "alter table public.files drop column note",
    "column public.files.note (made by hand)",
  ],
  ["a disabled trigger", "alter table public.files disable trigger touch", "select", null],
  [
    "a view, a materialized view, a function and a type",
    `create view public.a as select 1 as one; create materialized view public.b as select 1 as one;
     create function public.c() returns int language sql as 'select 1'; create type public.d as enum ('e')`,
    "drop view public.a; drop materialized view public.b; drop function public.c(); drop type public.d",
    "view public.a (made by hand)",
  ],
  [
    "a table in the place of one that a pending migration makes",
    "create temporary table kept as table tenantry.migrations; delete from tenantry.migrations where name >= '0003_content'",
    "insert into tenantry.migrations table kept on conflict do nothing; drop table kept",
    'error: migration 0003_content: relation "files" already exists',
  ],
] as const;

describe("undeclared access", () => {
  let world: World;
  let workspace: pg.Client;
  let controlPlane: pg.Client;
  let reference: string;

  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM, "tiny/orgs/acme.yaml": WITH_ALAN });
    await world.mustRun("up", "tiny.platform");
    await world.mustRun("up", "tiny.acme");
    workspace = await open("tiny--acme--personal--");
    controlPlane = await open("tiny--");
  });
  afterAll(async () => {
    await workspace?.end();
    await controlPlane?.end();
    await world?.close();
  });

  async function open(start: string): Promise<pg.Client> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    const answer = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
    const projects = (await answer.json()) as { ref: string; name: string }[];
    const own = projects.find(({ name }) => name.startsWith(start) && name.length === start.length + 8);
    if (start !== "tiny--") reference = own?.ref ?? "";
    const client = new pg.Client(world.sandbox.databaseUrl(own?.ref ?? ""));
    await client.connect();
    return client;
  }

  async function run(options: RunOptions, environment: Record<string, string> = {}) {
    const stack = world.stack("tiny.acme");
    const spec = { ...stack, env: { ...stack.env, ...environment } };
    const { result, diagnostics } = await runOnce("up", spec, { continueOnError: true, ...options });
    const said = diagnostics.map(({ severity, message }) => `${severity}: ${message}`).join("\n");
    return { result, said };
  }

  async function supabase(path: string): Promise<unknown> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    return (await fetch(`${SUPABASE_API_URL}/v1${path}`, { headers })).json();
  }

  /** A run in which one part fails. */
  async function runWith(fault: Fault) {
    world.sandbox.setFaults([fault]);
    try {
      return await run({}, { TENANTRY_ATTEMPTS: "1" });
    } finally {
      world.sandbox.setFaults([]);
    }
  }

  /** The people whom the control plane admits. */
  async function letIn() {
    const { rows } = await controlPlane.query(
      `select exists (select from public.members where email = '${ALAN}') as member,
         exists (select from public.workspace_members where email = '${ALAN}') as entry,
         exists (select from public.api_keys where revoked_at is null) as key,
         exists (select from public.claim_tokens) as token,
         (select state from public.workspaces where name = 'personal') as workspace`,
    );
    return rows[0];
  }

  /** Each name of a key can be used only once. */
  const full = (key: string) =>
    yaml(
      `{ email: ${ALAN}, role: member, workspaces: [personal] }`,
      `{ personal: { apiKeys: { ${key}: {} } } }`,
    ).concat("claimTokens: { door: { role: member, expires: 2026-12-31 } }\n");
  /** Nobody but the owner, and neither keys nor tokens. */
  const none = () => yaml("", "{ personal: { state: suspended, apiKeys: {} } }").concat("claimTokens: {}\n");
  const ALL = { member: true, entry: true, key: true, token: true, workspace: "active" };

  it.each<[failure: string, key: string, Fault]>([
    ["Stripe refuses a change", "one", { kind: "500", service: "stripe", writesOnly: true }],
    ["the services of its project aren't healthy", "two", { kind: "500", match: "/health" }],
    ["its project can't be looked up", "three", { kind: "500", match: "GET /v1/projects/\\w+$" }],
  ])("is revoked while %s", async (_, key, fault) => {
    world.write("tiny/orgs/acme.yaml", full(key));
    await world.mustRun("up", "tiny.acme");
    expect(await letIn()).toEqual(ALL);

    const without = none().replace("billing@", "invoices@");
    world.write("tiny/orgs/acme.yaml", without);
    const { result, said } = await runWith(fault);
    expect(result, said).toBe("failed");
    expect(await letIn(), said).toEqual({
      member: false,
      entry: false,
      key: false,
      token: false,
      workspace: "suspended",
    });
    expect((await isOpen()).member).toBe(false);
    expect(await supabase(`/projects/${reference}/config/auth/third-party-auth`)).toEqual([]);
    expect(await supabase(`/projects/${reference}/postgrest`)).toMatchObject({ db_schema: "" });
    expect(await run({}), "the next run does the rest").toMatchObject({ result: "succeeded" });
    const mark = world.mark();
    await run({});
    expect(world.writesSince(mark)).toEqual([]);
  });

  it.each<[failure: string, key: string, Fault]>([
    ["Stripe answers every request with 500", "four", { kind: "500", service: "stripe" }],
    ["Stripe gives no answer", "five", { kind: "drop-before", service: "stripe" }],
    [
      "Stripe's key has expired",
      "six",
      {
        kind: "respond",
        service: "stripe",
        response: {
          status: 401,
          body: { error: { type: "invalid_request_error", message: "Expired API Key" } },
        },
      },
    ],
  ])("goes, with nothing to change in Stripe, while %s", async (_, key, fault) => {
    world.write("tiny/orgs/acme.yaml", full(key));
    await world.mustRun("up", "tiny.acme");
    expect(await letIn()).toEqual(ALL);
    world.write("tiny/orgs/acme.yaml", none());
    const { result, said } = await runWith(fault);
    expect(result, said).toBe("failed");
    expect(said).toContain("Stripe: ");
    const gone = { member: false, entry: false, key: false, token: false, workspace: "suspended" };
    expect(await letIn(), said).toEqual(gone);
    expect((await isOpen()).member).toBe(false);
    expect(await run({}), "the next run does the rest").toMatchObject({ result: "succeeded" });
  });

  it("is previewed though Stripe answers every request with 500", async () => {
    world.write("tiny/orgs/acme.yaml", full("seven"));
    await world.mustRun("up", "tiny.acme");
    world.write("tiny/orgs/acme.yaml", yaml(""));
    world.sandbox.setFaults([{ kind: "500", service: "stripe" }]);
    const stack = world.stack("tiny.acme");
    const spec = { ...stack, env: { ...stack.env, TENANTRY_ATTEMPTS: "1" } };
    const { result, diagnostics } = await runOnce("preview", spec);
    world.sandbox.setFaults([]);
    expect(result, diagnostics.map(({ message }) => message).join("\n")).toBe("succeeded");
  });

  async function isOpen() {
    return (await workspace.query(OPEN)).rows[0];
  }

  it.each(CASES)("is revoked despite %s, and a later run needs no refresh", async (_, make, drop, said) => {
    world.write("tiny/orgs/acme.yaml", WITH_ALAN);
    await world.mustRun("up", "tiny.acme");
    await workspace.query(`set role postgres; ${HOLES}; ${make}; reset role`);

    world.write("tiny/orgs/acme.yaml", yaml(""));
    const first = await run({ refresh: true });
    expect(await isOpen(), first.said).toEqual(CLOSED);
    const fails = said?.startsWith("error:") === true;
    expect(first.result, first.said).toBe(fails ? "failed" : "succeeded");
    if (said !== null) expect(first.said).toContain(said.replace("error: ", ""));

    if (fails) expect((await run({})).said).toContain(said.replace("error: ", ""));
    else expect(await run({})).toMatchObject({ result: "succeeded" });
    await workspace.query(drop);
  });

  it("is revoked in the control plane, despite an undeclared table and a failing migration", async () => {
    await controlPlane.query(`set role postgres;
      create table public.handmade (id int); grant all on public.handmade to anon;
      alter table public.organizations disable row level security; grant select on public.organizations to anon;
      create policy leak on storage.objects for select to anon using (true);
      create temporary table kept as table tenantry.migrations;
      delete from tenantry.migrations where name >= '0004_workspaces'; reset role`);
    const stack = world.stack("tiny.platform");
    const { result, diagnostics } = await runOnce("up", stack, { continueOnError: true, refresh: true });
    const said = diagnostics.map(({ message }) => message).join("\n");
    expect(result, said).toBe("failed");
    expect(said).toContain('migration 0004_workspaces: relation "workspaces" already exists');
    const { rows } = await controlPlane.query(
      `select has_table_privilege('anon', 'public.organizations', 'select') as privilege,
         has_table_privilege('anon', 'public.handmade', 'select') as handmade,
         exists (select from pg_policy where polname = 'leak') as policy,
         (select relrowsecurity from pg_class where oid = 'public.organizations'::regclass) as rows,
         (select relrowsecurity from pg_class where oid = 'public.handmade'::regclass) as its_rows`,
    );
    expect(rows, said).toEqual([
      { privilege: false, handmade: false, policy: false, rows: true, its_rows: true },
    ]);
    await controlPlane.query(
      "insert into tenantry.migrations table kept on conflict do nothing; drop table public.handmade",
    );
    expect(await runOnce("up", stack)).toMatchObject({ result: "succeeded" });
  });
});
