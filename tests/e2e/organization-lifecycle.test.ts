import { Secret } from "@tenantry/core/secret";
import pg from "pg";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import { stableId } from "../../src/shared/ids.ts";
import { organization, PLATFORM, World } from "./harness.ts";
import { runOnce } from "./run-once.ts";
import { addCard, stripeOf } from "./stripe.ts";

const CONSENT =
  "consents: [{ delete: acme, reason: left, approvedBy: owner@acme.example, expires: 2026-11-22 }]\n";
const ACME = stableId("tiny/acme");

describe("the lifecycle of an organization", () => {
  let world: World;
  let stripe: Stripe;
  let controlPlane: pg.Client;
  let workspace: pg.Client;
  let key: string;

  beforeAll(async () => {
    world = await World.open({ "tiny/platform.yaml": PLATFORM });
    stripe = stripeOf(world);
    await world.mustRun("up", "tiny.platform");
    declare();
    await up();
    await addCard(stripe, "billing@acme.example");
    controlPlane = await connect((name) => name.split("--").length === 2);
    workspace = await connect((name) => name.startsWith("tiny--acme--personal--"));
    await controlPlane.query(
      `insert into public.members (organization_id, email, role, managed_by) values ($1, 'guest@acme.example', 'admin', 'app')`,
      [ACME],
    );
    const outputs = await embeddedEngine().outputs(world.stack("tiny.acme"));
    const keys = outputs?.apiKeys;
    key = keys instanceof Secret ? JSON.parse(keys.reveal()).personal.ci : "";
    await up({ refresh: true });
  });
  afterAll(async () => {
    await controlPlane?.end();
    await workspace?.end();
    await world?.close();
  });

  async function connect(isIt: (name: string) => boolean): Promise<pg.Client> {
    const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
    const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
    const answer = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
    const projects = (await answer.json()) as { ref: string; name: string }[];
    const client = new pg.Client(
      world.sandbox.databaseUrl(projects.find(({ name }) => isIt(name))?.ref ?? ""),
    );
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** @param more lines of the manifest, such as its state */
  function declare(more = "", edit: (yaml: string) => string = (yaml) => yaml): void {
    const tokens = 'claimTokens: { door: { role: member, expires: "2026-12-31" } }\n';
    const yaml = organization("acme", "personal: { apiKeys: { ci: {} } }");
    world.write("tiny/orgs/acme.yaml", edit(yaml) + tokens + more);
  }

  const up = (options: { refresh?: boolean } = {}) => world.mustRun("up", "tiny.acme", "", options);

  async function settle(): Promise<void> {
    const mark = world.mark();
    const { changes } = await up();
    expect(Object.keys(changes)).toEqual(["same"]);
    expect(world.writesSince(mark)).toEqual([]);
  }

  async function ask(client: pg.Client, sql: string): Promise<unknown> {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0] ?? null;
  }

  async function subscriptions(): Promise<string[]> {
    const customer = await ask(
      controlPlane,
      "select stripe_customer from public.organizations where generation = 1",
    );
    const { data } = await stripe.subscriptions.list({ customer: String(customer), status: "all" });
    return data.map(({ status, pause_collection: pause }) => (pause === null ? status : `${status}, paused`));
  }

  /** What is open: the organization and its workspace, its database, its API key, and what it pays. */
  async function doors() {
    return {
      state: await ask(controlPlane, "select state from public.organizations where generation = 1"),
      workspace: await ask(controlPlane, "select state from public.workspaces"),
      people: await ask(
        workspace,
        "select array_agg(split_part(email, '@', 1) order by email) from public.workspace_members",
      ),
      key: (await ask(controlPlane, `select private.authenticate_api_key('${key}')`)) !== null,
      subscriptions: await subscriptions(),
    };
  }

  const OPEN = {
    state: "active",
    workspace: "active",
    people: ["admin", "guest", "member", "owner"],
    key: true,
    subscriptions: ["trialing"],
  };
  const closed = (state: string) => ({
    state,
    workspace: state,
    people: null,
    key: false,
    subscriptions: ["trialing, paused"],
  });

  it("is open at the beginning", async () => {
    expect(await doors()).toEqual(OPEN);
  });

  it("is suspended, and becomes active again", { timeout: 60_000 }, async () => {
    declare("state: suspended\n");
    await up();
    expect(await doors()).toEqual(closed("suspended"));
    await settle();

    await controlPlane.query("update public.organizations set state = 'active'");
    const { changes } = await up({ refresh: true });
    expect(changes.update, "the change by hand is found").toBeGreaterThan(0);
    expect(await doors(), "and undone").toEqual(closed("suspended"));

    declare();
    await up();
    expect(await doors()).toEqual(OPEN);
    await settle();
  });

  it("is archived and closed though Stripe refuses everything, and becomes active again", async () => {
    declare("state: archived\n");
    world.sandbox.setFaults([{ kind: "500", service: "stripe" }]);
    const { env, ...spec } = world.stack("tiny.acme");
    const failing = { ...spec, env: { ...env, TENANTRY_ATTEMPTS: "1" } };
    const { result } = await runOnce("up", failing, { continueOnError: true });
    world.sandbox.setFaults([]);
    expect(result).toBe("failed");
    const { subscriptions: _, ...ways } = closed("archived");
    expect(await doors()).toMatchObject(ways);
    await up();
    expect(await doors()).toEqual(closed("archived"));
    declare();
    await up();
    expect(await doors()).toEqual(OPEN);
  });

  it("doesn't start its next generation before it is deleted", async () => {
    declare("generation: 2\n");
    const mark = world.mark();
    const refused = await world.tenantry("up", "tiny.acme", "--yes");
    expect(refused.code).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(
      /acme can't start generation 2, because its generation 1 isn't deleted[\s\S]*Set `generation: 1` and `state: deleted`/,
    );
    expect(world.writesSince(mark)).toEqual([]);
  });

  it("is deleted with a consent, and pays for nothing", async () => {
    declare(`state: deleted\n${CONSENT}`);
    await up();
    await workspace.end();
    expect(await subscriptions()).toEqual(["canceled"]);
    expect(await ask(controlPlane, "select state from public.organizations")).toBe("deleted");
    expect(await ask(controlPlane, "select count(*)::int from public.claim_tokens")).toBe(0);
    expect(await ask(controlPlane, `select private.authenticate_api_key('${key}')`)).toBeNull();
    await settle();
    const { changes } = await world.mustRun("preview", "tiny.acme", "", { refresh: true });
    expect(Object.keys(changes)).toEqual(["same"]);
  });

  it("stays deleted, even if the engine runs without `tenantry`", async () => {
    declare();
    const mark = world.mark();
    await expect(up()).rejects.toThrow(
      /acme was deleted, and a deleted organization doesn't become active again/,
    );
    expect(world.writesSince(mark).filter((write) => write.startsWith("stripe "))).toEqual([]);
    declare(`state: deleted\n${CONSENT}`);
    await up();
    await settle();
  });

  it("comes back as its next generation, with a new customer and without a second trial", async () => {
    const customer = String(await ask(controlPlane, "select stripe_customer from public.organizations"));
    await stripe.customers.del(customer);
    const ledger = `select count(*)::int from public.wallet_entries where organization_id = '${ACME}'`;
    const entries = await ask(controlPlane, ledger);
    expect(entries).toBeGreaterThan(0);

    declare("generation: 2\n", (yaml) => yaml.replace(/.*member@.*\n/, ""));
    await up();
    const { rows } = await controlPlane.query(
      `select generation, state, stripe_customer as customer,
         (select array_agg(split_part(email, '@', 1) order by email) from public.members where organization_id = organizations.id) as members
       from public.organizations order by generation`,
    );
    expect(rows).toEqual([
      { generation: 1, state: "deleted", customer, members: null },
      {
        generation: 2,
        state: "active",
        customer: expect.stringMatching(/^cus_/),
        members: ["admin", "owner"],
      },
    ]);
    expect(rows[1].customer).not.toBe(customer);
    const { data } = await stripe.subscriptions.list({ customer: rows[1].customer, status: "all" });
    expect(data).toMatchObject([{ trial_start: null }]);
    expect(await ask(controlPlane, ledger)).toBe(entries);
    expect(await ask(controlPlane, "select count(*)::int from public.trials")).toBe(1);
    await settle();
    const { changes } = await world.mustRun("preview", "tiny.acme", "", { refresh: true });
    expect(Object.keys(changes)).toEqual(["same"]);
  });
});
