import { renameSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import { stableId } from "../../src/shared/ids.ts";
import { organization, PLATFORM, World } from "./harness.ts";
import { stripeOf } from "./stripe.ts";

let world: World;
let before: Facts;

beforeAll(async () => {
  world = await World.open({
    "tiny/platform.yaml": PLATFORM,
    "tiny/orgs/acme.yaml": customer("acme", "acme"),
    "tiny/orgs/beta.yaml": customer("beta", "beta"),
  });
  await up();
  before = await facts();
});
afterAll(() => world?.close());

/** @param person the domain of its people, by which the customer is recognized */
function customer(name: string, person: string, more = ""): string {
  return organization(person, "personal: {}")
    .replace(/^name: .*$/m, `name: ${name}\n${more}`)
    .replace(/^llmProvider: .*\n/m, "");
}

async function up(...targets: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.tenantry("up", ...targets, "--yes");
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

interface Facts {
  /** By the owner's address. */
  readonly rows: Readonly<
    Record<string, { readonly id: string; readonly name: string; readonly customer: string }>
  >;
  /** Names of projects by ref. */
  readonly projects: ReadonlyMap<string, string>;
  readonly customers: readonly string[];
  /** Wallet entries by owner. */
  readonly grants: Readonly<Record<string, number>>;
}

async function facts(): Promise<Facts> {
  const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
  const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
  const projects = (await (await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers })).json()) as {
    ref: string;
    name: string;
  }[];
  const own = projects.find(({ name }) => name.split("--").length === 2);
  const client = new pg.Client(world.sandbox.databaseUrl(own?.ref ?? ""));
  await client.connect();
  const rows = await client.query(
    `select m.email as owner, o.id, o.name, o.stripe_customer as customer,
       (select count(*)::int from public.wallet_entries e where e.organization_id = o.id) as grants
     from public.organizations o join public.members m on m.organization_id = o.id and m.role = 'owner'`,
  );
  await client.end();
  const customers = await stripeOf(world).customers.list({ limit: 100 });
  return {
    rows: Object.fromEntries(
      rows.rows.map(({ owner, id, name, customer }) => [owner, { id, name, customer }]),
    ),
    projects: new Map(projects.map(({ ref, name }) => [ref, name])),
    customers: customers.data.map(({ id }) => id).sort(),
    grants: Object.fromEntries(rows.rows.map(({ owner, grants }) => [owner, grants])),
  };
}

const stacks = async () => embeddedEngine().stacks(world.stack("tiny.acme"));

test("a manifest that was renamed without `previously` is refused with the line to add, before anything is created", async () => {
  move("acme", "acme-inc", customer("acme-inc", "acme"));
  const mark = world.mark();
  for (const args of [["preview"], ["up", "tiny.acme-inc", "--yes"]]) {
    const { code, stdout, stderr } = await world.tenantry(...args);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain("Add to tiny/orgs/acme-inc.yaml: previously: [acme]");
  }
  expect(world.writesSince(mark)).toEqual([]);
  expect(await stacks()).toEqual(["tiny.acme", "tiny.beta", "tiny.platform"]);
});

test("with `previously` it keeps its id, projects, customer and credits, and a new customer can have its name", async () => {
  world.write("tiny/orgs/acme-inc.yaml", customer("acme-inc", "acme", "previously: [acme]"));
  world.write("tiny/orgs/acme.yaml", customer("acme", "other", "generation: 2"));
  const mark = world.mark();
  const preview = await world.tenantry("preview");
  expect(preview.stdout).toContain("renames the organization: acme → acme-inc");
  expect(preview.code, preview.stdout + preview.stderr).toBe(2);
  expect(world.writesSince(mark)).toEqual([]);
  await up();
  const after = await facts();
  expect(await stacks()).toEqual(["tiny.acme", "tiny.acme-inc", "tiny.beta", "tiny.platform"]);
  expect(after.rows["owner@acme.example"]).toEqual({
    ...before.rows["owner@acme.example"],
    name: "acme-inc",
  });
  expect(after.rows["owner@other.example"]).toMatchObject({
    name: "acme",
    id: stableId("tiny/acme", 2),
  });
  expect(after.customers.length).toBe(before.customers.length + 1);
  expect(after.projects.size).toBe(before.projects.size + 1);
  expect([...after.projects.keys()]).toEqual(expect.arrayContaining([...before.projects.keys()]));
  expect(after.grants["owner@acme.example"]).toBe(before.grants["owner@acme.example"]);
  before = after;
});

// Half a minute: `npm run crashes` runs it. tests/fleet/renames.test.ts has the rules of a swap.
test.runIf(process.env.TENANTRY_CRASHES === "all")(
  "two organizations swap their names, also after a crash between the renames of their stacks",
  async () => {
    world.write("tiny/orgs/acme-inc.yaml", customer("acme-inc", "beta", "previously: [beta]"));
    world.write("tiny/orgs/beta.yaml", customer("beta", "acme", "previously: [acme, acme-inc]"));
    const preview = await world.tenantry("preview");
    expect(preview.stdout).toContain("renames the organization: acme-inc → beta");
    expect(preview.stdout).toContain("renames the organization: beta → acme-inc");
    expect(preview.code).toBe(2);
    // A run that was killed after the first rename of a stack.
    const parked = `tiny.renaming--${before.rows["owner@acme.example"]?.id.slice(0, 8)}`;
    await embeddedEngine().rename(world.stack("tiny.acme-inc"), parked);
    await up();
    const after = await facts();
    expect(await stacks()).toEqual(["tiny.acme", "tiny.acme-inc", "tiny.beta", "tiny.platform"]);
    expect(after.rows["owner@acme.example"]).toEqual({ ...before.rows["owner@acme.example"], name: "beta" });
    expect(after.rows["owner@beta.example"]).toEqual({
      ...before.rows["owner@beta.example"],
      name: "acme-inc",
    });
    expect(after.customers).toEqual(before.customers);
    expect([...after.projects.keys()].sort()).toEqual([...before.projects.keys()].sort());
    expect(after.grants).toEqual(before.grants);
    await expectSettled();
  },
);

/** A second `up` has nothing to do. */
async function expectSettled(): Promise<void> {
  const mark = world.mark();
  await up();
  expect(world.writesSince(mark)).toEqual([]);
}

function move(from: string, to: string, text: string): void {
  const file = (name: string) => join(world.folder, "stacks/tiny/orgs", `${name}.yaml`);
  renameSync(file(from), file(to));
  world.write(`tiny/orgs/${to}.yaml`, text);
}
