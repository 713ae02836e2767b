import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenantry } from "../cli/command-line.ts";
import { PLATFORM, World } from "./harness.ts";

const HEAD = `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: team
owner: ada@acme.example
`;

const MEMBERS = `members:
  - { email: grace@acme.example, role: admin }
  - { email: alan@acme.example, role: member, workspaces: [personal] }
  - { email: edith@acme.example, role: member, workspaces: [personal] }
`;

const OTHERS = `invitations: [{ email: new@acme.example, role: member, workspaces: [personal], expires: 2099-12-31 }]
claimTokens: { door: { role: member, expires: 2099-12-31 }, gate: { role: member, expires: 2099-12-31 } }
wallets: { data: { autoReload: { below: 10, add: 100 } } }
`;

const WORKSPACE = `workspaces:
  personal:
    apiKeys: { ci: {}, backend: {} }
    connections: { warehouse: { kind: bigquery, secret: acme-warehouse } }
    apps: { dash: { domain: dash.acme.example }, site: {} }
    cron: { nightly: { schedule: "0 3 * * *", task: "rebuild the index" } }
`;

const FULL = `${HEAD}${MEMBERS}${OTHERS}${WORKSPACE}`;
const CUT = HEAD;

/** Everything in the control plane that an absent key must not touch. */
const ROWS = {
  members: "select email, role, managed_by, created_at from public.members order by email",
  invitations:
    "select email, role, workspaces, expires_on, managed_by from public.invitations order by email",
  tokens: "select name, role, managed_by from public.claim_tokens order by name",
  tokenHashes: "select encode(sha256, 'hex') as sha256 from private.claim_token_hashes order by sha256",
  wallets:
    "select name, reload_enabled, reload_below, reload_add, managed_by from public.wallets order by name",
  access: "select email, managed_by from public.workspace_members order by email",
  keys: "select id, name, rotation, revoked_at, expires_at, managed_by from public.api_keys order by name",
  keyHashes: "select encode(sha256, 'hex') as sha256 from private.api_key_hashes order by sha256",
  apps: "select name, domain, managed_by from public.apps order by name",
  connections: "select name, kind, managed_by from public.connections order by name",
  cron: "select name, schedule, task, managed_by from public.cron_jobs order by name",
};

describe("a key that is absent from a manifest", () => {
  let world: World;
  let controlPlane: pg.Client;
  let workspace: pg.Client;
  let ref: string;

  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM, "tiny/orgs/acme.yaml": FULL });
    await world.mustRun("up", "tiny.platform");
    await world.mustRun("up", "tiny.acme");
    controlPlane = await open("tiny--");
    workspace = await open("tiny--acme--personal--");
  });
  afterAll(async () => {
    await controlPlane?.end();
    await workspace?.end();
    await world?.close();
  });

  async function supabase(path: string): Promise<unknown> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    return (await fetch(`${SUPABASE_API_URL}/v1${path}`, { headers })).json();
  }

  /** @param start the project's name without its id */
  async function open(start: string): Promise<pg.Client> {
    const projects = (await supabase("/projects")) as { ref: string; name: string }[];
    const own = projects.find(({ name }) => name.startsWith(start) && name.length === start.length + 8);
    if (start !== "tiny--") ref = own?.ref ?? "";
    const client = new pg.Client(world.sandbox.databaseUrl(own?.ref ?? ""));
    await client.connect();
    return client;
  }

  const run = (command: string, ...options: string[]) =>
    tenantry([command, "tiny.acme", `--sandbox=${world.sandbox.folder}`, ...options], {
      cwd: world.folder,
      env: world.environment,
    });

  type Rows = readonly Readonly<Record<string, unknown>>[];

  async function everything() {
    const rows: Partial<Record<keyof typeof ROWS, Rows>> = {};
    for (const [name, sql] of Object.entries(ROWS))
      rows[name as keyof typeof ROWS] = (await controlPlane.query(sql)).rows;
    const entered = await workspace.query(
      "select email, role, managed_by from public.workspace_members order by email",
    );
    return {
      ...(rows as Record<keyof typeof ROWS, Rows>),
      entered: entered.rows,
      secrets: await supabase(`/projects/${ref}/secrets`),
    };
  }

  const apply = async (text: string) => {
    world.write("tiny/orgs/acme.yaml", text);
    await world.mustRun("up", "tiny.acme");
  };

  /** The same after a preview. @returns the lines of its preview that tell what happens */
  async function change(text: string): Promise<string[]> {
    world.write("tiny/orgs/acme.yaml", text);
    const mark = world.mark();
    const { stdout, stderr } = await run("preview");
    expect(world.writesSince(mark), stderr).toEqual([]);
    await world.mustRun("up", "tiny.acme");
    const lines = stdout.split("\n").map((line) => line.replace(/^[│└├─ ]+/, ""));
    return lines.filter((line) => /^[-+~!] /.test(line));
  }

  const unchanged = async () => expect(await run("preview", "--refresh")).toMatchObject({ exitCode: 0 });

  it("leaves everything that was declared in place, and says so once for each collection", async () => {
    const before = await everything();
    expect(await change(CUT)).toEqual([
      "~ the members are no longer managed: 3 people stay",
      "~ the claim tokens are no longer managed: 2 claim tokens stay",
      "~ the invitations are no longer managed: 1 invitation stays",
      "~ the auto-reloads are no longer managed: 1 auto-reload stays",
      "~ the API keys are no longer managed: 2 keys stay",
      "~ the connections are no longer managed: 1 connection stays",
      "~ the apps are no longer managed: 2 apps stay",
      "~ the cron jobs are no longer managed: 1 cron job stays",
    ]);
    expect(await everything()).toEqual(before);
    await unchanged();
    expect(await run("verify")).toMatchObject({ exitCode: 0 });
  });

  it("closes the database of a suspended organization to everybody, and opens it to the same people", async () => {
    const before = await everything();
    await apply(`${CUT}state: suspended\n`);
    expect(await everything()).toEqual({ ...before, entered: [] });
    await apply(CUT);
    expect(await everything()).toEqual(before);
  });

  it("takes over what exists once it is declared again, and removes what isn't listed", async () => {
    const before = await everything();
    const told = await change(FULL.replace(/.*edith.*\n/, "").replace(", backend: {}", ""));
    expect(told).toEqual([
      "! creates 2 claim tokens",
      "+ door (member, for anybody with a verified address, until 2099-12-31)",
      "+ gate (member, for anybody with a verified address, until 2099-12-31)",
      "- removes edith@acme.example (member), who could enter personal",
      "~ manages the members from now on: the 3 people of an earlier manifest stay only if listed",
      "~ manages the claim tokens from now on: the 2 claim tokens of an earlier manifest stay only if listed",
      "~ manages the invitations from now on: the invitation of an earlier manifest stays only if it is listed",
      "~ manages the auto-reloads from now on: the auto-reload of an earlier manifest stays only if it is listed",
      "~ manages the API keys from now on: the 2 keys of an earlier manifest stay only if listed",
      "- revokes the API key backend immediately",
      "~ manages the connections from now on: the connection of an earlier manifest stays only if it is listed",
      "~ manages the apps from now on: the 2 apps of an earlier manifest stay only if listed",
      "~ manages the cron jobs from now on: the cron job of an earlier manifest stays only if it is listed",
    ]);
    const after = await everything();
    expect(after.members).toEqual(before.members.filter(({ email }) => email !== "edith@acme.example"));
    expect(after.keys.map(({ id }) => id)).toEqual(before.keys.map(({ id }) => id));
    expect(after.keys.map(({ revoked_at: revoked }) => revoked === null)).toEqual([false, true]);
    expect(after.tokenHashes).toEqual(before.tokenHashes);
    await unchanged();
  });

  it("removes everything where it is empty", async () => {
    const empty = `${HEAD}members: []\ninvitations: []\nclaimTokens: {}\nwallets: {}\n`;
    const told = await change(
      `${empty}workspaces: { personal: { apiKeys: {}, connections: {}, apps: {}, cron: {} } }\n`,
    );
    expect(told).toContain("- invalidates 2 claim tokens");
    expect(told).toContain("- revokes the API key ci immediately");
    expect(told).toContain("- removes 2 people");
    const { members, invitations, tokens, keys, apps, connections, cron, wallets, secrets } =
      await everything();
    expect(members.map(({ email }) => email)).toEqual(["ada@acme.example"]);
    expect([invitations, tokens, apps, connections, cron]).toEqual([[], [], [], [], []]);
    expect(keys.every(({ revoked_at: revoked }) => revoked !== null)).toBe(true);
    expect(wallets[0]?.reload_enabled).toBe(false);
    expect(secrets).toEqual([]);
  });
});
