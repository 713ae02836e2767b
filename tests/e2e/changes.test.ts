import { Secret } from "@tenantry/core/secret";
import pg from "pg";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import type { VerifyDocument } from "../../src/cli/commands/verify.ts";
import { tenantry } from "../cli/command-line.ts";
import { type Caller, rolledBack } from "../databases/database.ts";
import { attempt, look, type Outcome, tablesToProbe } from "../isolation/probe.ts";
import { PLATFORM, World } from "./harness.ts";
import { addCard, stripeOf } from "./stripe.ts";

interface Declared {
  readonly plan: string;
  readonly owner: string;
  readonly members: readonly string[];
  readonly key: string;
}

const BEFORE: Declared = {
  plan: "free",
  owner: "ada@acme.example",
  members: [
    "{ email: grace@acme.example, role: admin }",
    "{ email: alan@acme.example, role: member, workspaces: [personal] }",
  ],
  key: "{}",
};

const yaml = ({ plan, owner, members, key }: Declared) => `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: ${plan}
owner: ${owner}
members: [${members.join(", ")}]
billing: { email: billing@acme.example }
workspaces: { personal: { apiKeys: { ci: ${key} } } }
${plan === "free" ? CONSENT : ""}`;

/** The end of a paid subscription always needs a consent. */
const CONSENT =
  "consents: [{ remove: { subscription: team }, reason: they asked, approvedBy: eve@tiny.example, expires: 2999-12-31 }]\n";

/** Each change is previewed, applied, and checked in the live services. tests/e2e/lifecycle.test.ts tests archives. */
describe("a change of an organization in use", () => {
  let world: World;
  let declared = BEFORE;
  let controlPlane: Database;
  let workspace: Database;
  let stripe: Stripe;
  let customer: string;

  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM, "tiny/orgs/acme.yaml": yaml(BEFORE) });
    await world.mustRun("up", "tiny.platform");
    await world.mustRun("up", "tiny.acme");
    controlPlane = await Database.open(world, "tiny--");
    workspace = await Database.open(world, "tiny--acme--personal--");
    for (const name of ["ada", "grace", "alan"]) await signIn(`${name}@acme.example`);
    stripe = stripeOf(world);
    customer = await addCard(stripe, "billing@acme.example");
  });
  afterAll(async () => {
    await controlPlane?.client.end();
    await workspace?.client.end();
    await world?.close();
  });

  /** Declares the organization and applies it. @returns the tree of its preview, without the line of the stack */
  async function change(edit: Partial<Declared>): Promise<string> {
    declared = { ...declared, ...edit };
    world.write("tiny/orgs/acme.yaml", yaml(declared));
    const mark = world.mark();
    const { exitCode, stdout, stderr } = await run("preview");
    expect([exitCode, world.writesSince(mark)], stderr).toEqual([2, []]);
    await world.mustRun("up", "tiny.acme");
    return `\n${stdout.split("\n").slice(1, -2).join("\n").trimEnd()}\n`;
  }

  async function verified(): Promise<unknown> {
    const { databases } = JSON.parse((await run("verify", "--json")).stdout) as VerifyDocument;
    return databases.map(({ database, outcome }) => [database, outcome]);
  }

  const CLEAN = [
    ["control plane", "clean"],
    ["control plane", "clean"],
    ["workspace personal", "clean"],
  ];

  function run(command: string, ...options: string[]) {
    const args = [command, "tiny.acme", `--sandbox=${world.sandbox.folder}`, ...options];
    return tenantry(args, { cwd: world.folder, env: world.environment });
  }

  /** Creates an account with a verified address, and enters the workspace with it. */
  async function signIn(email: string): Promise<void> {
    await controlPlane.client.query(
      "insert into auth.users (id, email, email_confirmed_at) values (gen_random_uuid(), $1, now())",
      [email],
    );
    expect(await run("access")).toMatchObject({ exitCode: 0 });
    const { role, claims } = await token(email);
    await workspace.client.query("begin");
    await workspace.client.query(
      "select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)",
      [JSON.stringify({ role, ...claims }), role],
    );
    await workspace.client.query("select public.claim_membership()");
    await workspace.client.query("commit");
  }

  async function token(email: string): Promise<Caller> {
    const [account] = await controlPlane.rows("select id from auth.users where email = $1", [email]);
    const [settings] = await workspace.rows("select issuer from private.settings");
    return {
      role: "authenticated",
      claims: { iss: settings?.issuer, sub: account?.id, email, email_verified: true },
    };
  }

  /** The number of tables in each database in which a person sees rows. */
  async function tablesShown(email: string): Promise<number[]> {
    const caller = await token(email);
    const seen = await Promise.all([controlPlane, workspace].map((database) => database.shown(caller)));
    return seen.map((tables) => tables.length);
  }

  /** Runs each step in the product as a person, then rolls back. */
  async function tried(email: string): Promise<readonly Outcome[]> {
    const [acme] = await controlPlane.rows("select id from public.organizations where name = 'acme'");
    const steps = [
      `select public.invite('${acme?.id}', 'new@acme.example', 'member')`,
      `select public.change_role('${acme?.id}', 'lin@acme.example', 'admin')`,
    ];
    const lin = `insert into public.members (organization_id, email, role, managed_by)
      values ('${acme?.id}', 'lin@acme.example', 'member', 'app')`;
    const caller = await token(email);
    return rolledBack(controlPlane.client, async () => {
      await controlPlane.client.query(lin);
      return attempt(controlPlane.client, steps, caller);
    });
  }

  /** The current price, and those of the scheduled phases. */
  async function billed() {
    const subscriptions = await stripe.subscriptions.list({ customer });
    const schedules = await stripe.subscriptionSchedules.list({
      customer,
      expand: ["data.phases.items.price"],
    });
    return {
      now: subscriptions.data.flatMap(({ items }) => items.data.map(({ price }) => price.lookup_key)),
      planned: schedules.data.flatMap(({ phases }) =>
        phases.flatMap(({ items }) => items.map(({ price }) => (price as Stripe.Price).lookup_key)),
      ),
    };
  }

  /** The plan in force, and the number of workspaces that it allows. */
  async function inForce(): Promise<unknown> {
    const [row] = await controlPlane.rows(
      `select plan_in_force as plan, workspaces from public.organizations
       join public.quotas on organization_id = id where name = 'acme'`,
    );
    return row;
  }

  it("removes a member, whose token then opens nothing", async () => {
    const before = await tablesShown("alan@acme.example");
    expect(before.every((tables) => tables > 0)).toBe(true);
    expect(await change({ members: BEFORE.members.slice(0, 1) })).toBe(`
   - removes alan@acme.example (member), who could enter personal
`);
    expect(await tablesShown("alan@acme.example")).toEqual([0, 0]);
    expect(await tried("alan@acme.example")).toEqual(["PT404", "PT404"]);
    expect(await verified()).toEqual(CLEAN);
  });

  it("transfers ownership, and the new owner can do what only an owner may", async () => {
    expect([await tried("ada@acme.example"), await tried("grace@acme.example")]).toEqual([
      [1, 1],
      [1, "PT403"],
    ]);
    const members = ["{ email: ada@acme.example, role: admin }"];
    expect(await change({ owner: "grace@acme.example", members })).toBe(`
   ! grace@acme.example becomes the owner (was admin)
   ~ ada@acme.example becomes admin (was owner)
`);
    expect([await tried("ada@acme.example"), await tried("grace@acme.example")]).toEqual([
      [1, "PT403"],
      [1, 1],
    ]);
    expect(await verified()).toEqual(CLEAN);
  });

  it("upgrades the plan immediately", async () => {
    expect(await change({ plan: "team" })).toBe(`
   ! changes the plan: free, 0 usd → team, 49 usd a month, immediately
       ~ gains › workspaces: 1 → 3
       ~ gains › seats: 5 → 10
       ~ gains › credits › data: 10 → 100
`);
    expect(await billed()).toEqual({ now: ["tiny--team--monthly--usd-4900"], planned: [] });
    expect(await inForce()).toEqual({ plan: "team", workspaces: 3 });
    expect(await verified()).toEqual(CLEAN);
  });

  it("downgrades the plan at the end of the paid period", async () => {
    expect(await change({ plan: "free" })).toContain(
      "changes the plan: team, 49 usd → free, 0 usd a month, when the paid period ends\n",
    );
    expect(await billed()).toEqual({
      now: ["tiny--team--monthly--usd-4900"],
      planned: ["tiny--team--monthly--usd-4900", "tiny--free--monthly--usd-0"],
    });
    expect(await inForce()).toEqual({ plan: "team", workspaces: 3 });
    expect(await verified()).toEqual(CLEAN);
  });

  it("rotates a key, and the old value gets an end date", async () => {
    const old = await apiKey();
    expect(await change({ key: "{ rotate: 2026-11, grace: 1d }" })).toContain(
      "~ rotates the API key ci (rotation 2026-11)\n",
    );
    const keys = [old, await apiKey()];
    const opens = async (when: string) => {
      const query = `select private.authenticate_api_key($1, ${when}) is not null as opens`;
      const answers = await Promise.all(keys.map((key) => controlPlane.rows(query, [key])));
      return answers.map(([answer]) => answer?.opens);
    };
    expect(await opens("now()")).toEqual([true, true]);
    expect(await opens("now() + interval '25 hours'")).toEqual([false, true]);
    expect(await verified()).toEqual(CLEAN);
  });

  async function apiKey(): Promise<string> {
    const outputs = await embeddedEngine().outputs(world.stack("tiny.acme"));
    if (!(outputs?.apiKeys instanceof Secret)) throw new Error("the keys aren't secret");
    return (JSON.parse(outputs.apiKeys.reveal()) as { personal: { ci: string } }).personal.ci;
  }
});

/** A project's database, read as its superuser. */
class Database {
  readonly client: pg.Client;
  readonly #tables: readonly string[];

  private constructor(client: pg.Client, tables: readonly string[]) {
    this.client = client;
    this.#tables = tables;
  }

  /** @param start the project's name without its id */
  static async open(world: World, start: string): Promise<Database> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    const answer = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
    const projects = (await answer.json()) as { ref: string; name: string }[];
    const own = projects.find(
      ({ name }) => name.startsWith(start) && /^[0-9a-f]{8}$/.test(name.slice(start.length)),
    );
    const client = new pg.Client(world.sandbox.databaseUrl(own?.ref ?? ""));
    await client.connect();
    return new Database(client, await tablesToProbe(client));
  }

  async rows(query: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.client.query<Record<string, unknown>>(query, [...values])).rows;
  }

  /** The tables in which a caller sees rows. */
  shown(caller: Caller): Promise<string[]> {
    return rolledBack(this.client, async () => {
      const seen = await look(this.client, this.#tables, caller);
      return Object.keys(seen).filter((table) => seen[table] !== "refused" && seen[table]?.length !== 0);
    });
  }
}
