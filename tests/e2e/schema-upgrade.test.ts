import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FleetReport } from "../../src/fleet/report.ts";
import { checkOut } from "./checkout.ts";
import { PLATFORM, World } from "./harness.ts";

/** Each workspace has its own PostgreSQL server: fifty with `npm run crashes`, a few otherwise. */
const WORKSPACES = process.env.TENANTRY_CRASHES === "all" ? 50 : 3;
const PER_ORGANIZATION = 3;

const ROOMY = PLATFORM.replace("workspaces: 1,", `workspaces: ${PER_ORGANIZATION},`);

const NEXT = {
  "0901_tags": "create table public.tags (id int primary key);",
  "0902_notes": "create index tags_idx on public.tags (id); create table public.notes (id int primary key);",
};

describe(`a new schema for ${WORKSPACES} workspaces, which fails in one of them`, {
  timeout: 1_800_000,
}, () => {
  const checkout = checkOut();
  const organizations = groupsOf(PER_ORGANIZATION, WORKSPACES);
  /** The failing workspace. Its organization has others. */
  const unlike = {
    organization: organizations.at(-1)?.name,
    workspace: organizations.at(-1)?.workspaces.at(-1),
  };
  let world: World;
  let refs: ReadonlyMap<string, string>;

  beforeAll(async () => {
    const manifests = organizations.map((each) => [`tiny/orgs/${each.name}.yaml`, manifest(each)]);
    world = await World.open(
      { "tiny/platform.yaml": ROOMY, ...Object.fromEntries(manifests) },
      { requestsPerMinute: 10_000 },
      checkout.path,
    );
    const made = await world.tenantry("up", "--yes");
    expect(made, made.stderr).toMatchObject({ code: 0 });
    refs = await refsOf(world);
    expect(refs.size).toBe(WORKSPACES);
    await sql(refOfUnlike(), "create table public.notes (made text default 'by hand')");
    for (const [name, text] of Object.entries(NEXT))
      writeFileSync(join(checkout.path, `infra/schema/workspace/${name}.sql`), text);
  }, 1_800_000);
  afterAll(async () => {
    await world?.close();
    checkout.remove();
  });

  function refOfUnlike(): string {
    const path = `tiny--${unlike.organization}--${unlike.workspace}--`;
    return [...refs].find(([name]) => name.startsWith(path))?.[1] ?? "";
  }

  async function sql(ref: string, text: string): Promise<unknown[]> {
    const client = new pg.Client(world.sandbox.databaseUrl(ref));
    await client.connect();
    try {
      return (await client.query(text)).rows.map((row) => Object.values(row)[0]);
    } finally {
      await client.end();
    }
  }

  /** The parts of the new schema in a workspace's database. */
  function madeOf(ref: string): Promise<unknown[]> {
    return sql(ref, "select relname from pg_class where relname in ('tags', 'tags_idx') order by 1");
  }

  async function up() {
    const { code, stdout } = await world.tenantry("up", "--yes", "--json");
    const { stacks } = JSON.parse(stdout) as FleetReport;
    const problems = stacks.flatMap(({ changes }) => changes.problems);
    return {
      code,
      outcomes: Object.fromEntries(stacks.map(({ stack, outcome }) => [stack, outcome])),
      errors: problems.filter(({ severity }) => severity === "error"),
    };
  }

  /** Outcomes by stack, with a different one for the organization of the failing workspace. */
  function outcomes(ofAll: string, ofUnlike: string): Record<string, string> {
    return Object.fromEntries(
      organizations.map(({ name }) => [`tiny.${name}`, name === unlike.organization ? ofUnlike : ofAll]),
    );
  }

  it("upgrades all others, including its siblings, doesn't change the failing one, and reports it", async () => {
    const run = await up();
    expect(run.code).toBe(1);
    expect(run.outcomes).toMatchObject(outcomes("done", "failed"));
    expect(run.errors).toEqual([
      expect.objectContaining({
        urn: expect.stringMatching(new RegExp(`::${unlike.workspace}-schema$`)),
        message: expect.stringMatching(/migration 0902_notes: relation "notes" already exists/),
      }),
    ]);
    for (const [name, ref] of refs)
      expect(await madeOf(ref), name).toEqual(ref === refOfUnlike() ? [] : ["tags", "tags_idx"]);
  });

  it("completes it in the next run after the cause is fixed, without writing to any other", async () => {
    await sql(refOfUnlike(), "drop table public.notes");
    const mark = world.mark();
    const run = await up();
    expect(run.code).toBe(0);
    expect(run.outcomes).toMatchObject(outcomes("unchanged", "done"));
    expect(await madeOf(refOfUnlike())).toEqual(["tags", "tags_idx"]);
    const others = [...refs.values()].filter((ref) => ref !== refOfUnlike());
    expect(world.writesSince(mark).filter((write) => others.some((ref) => write.includes(ref)))).toEqual([]);
  });
});

interface Group {
  readonly name: string;
  readonly workspaces: readonly string[];
}

/** A number of workspaces, distributed to organizations. */
function groupsOf(size: number, workspaces: number): Group[] {
  return Array.from({ length: Math.ceil(workspaces / size) }, (_, group) => ({
    name: `org-${group + 1}`,
    workspaces: Array.from({ length: Math.min(size, workspaces - group * size) }, (_, n) => `w${n + 1}`),
  }));
}

function manifest({ name, workspaces }: Group): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: ${name}
owner: owner@${name}.example
workspaces: { ${workspaces.map((workspace) => `${workspace}: {}`).join(", ")} }
`;
}

/** The projects of workspaces, by name. */
async function refsOf({ sandbox }: World): Promise<ReadonlyMap<string, string>> {
  const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = sandbox.env;
  const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
  const projects = (await (await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers })).json()) as {
    readonly name: string;
    readonly ref: string;
  }[];
  const workspaces = projects.filter(({ name }) => name.split("--").length > 2);
  return new Map(workspaces.map(({ name, ref }) => [name, ref]));
}
