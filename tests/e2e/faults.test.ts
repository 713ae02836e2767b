import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../packages/sandbox/src/faults.ts";
import { organization, PLATFORM, World } from "./harness.ts";

/** Four kinds of fault. Together they hit one call in five. */
const SHARE = 1 - 0.8 ** (1 / 4);
const KINDS = ["429", "500", "drop-before", "drop-after"] as const;

describe("up, with one call in five to Supabase and Stripe failing", () => {
  let world: World;

  beforeAll(async () => {
    world = await World.open({
      "tiny/platform.yaml": PLATFORM,
      "tiny/orgs/acme.yaml": organization("acme", "personal: {}\n  second: {}"),
      "tiny/orgs/globex.yaml": organization("globex"),
    });
  });

  afterAll(() => world.close());

  it("creates everything once, within the rate limits", async () => {
    const faults = (["supabase", "stripe"] as const).flatMap((service) =>
      KINDS.map((kind): Fault => ({ kind, service, share: SHARE })),
    );
    world.sandbox.setFaults(faults, 20261122);
    const up = await world.tenantry("up", "--yes");
    expect(up, up.stdout + up.stderr).toMatchObject({ code: 0 });

    const calls = world.sandbox.requests().filter(({ service }) => service !== "postgres");
    const failed = calls.filter(({ fault }) => fault !== undefined);
    expect(failed.length / calls.length).toBeGreaterThan(0.12);
    expect(new Set(failed.map(({ fault }) => fault))).toEqual(new Set(KINDS));
    // A 429 that isn't an injected fault would mean that tenantry exceeded a rate limit.
    expect(calls.filter(({ fault, status }) => fault === undefined && status === 429)).toEqual([]);

    world.sandbox.setFaults([]);
    const mark = world.mark();
    const again = await world.tenantry("up", "--yes", "--refresh");
    expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
    expect(world.writesSince(mark)).toEqual([]);
    expect(await projectNames(world)).toEqual([
      "tiny",
      "tiny--acme--personal",
      "tiny--acme--second",
      "tiny--globex--personal",
    ]);
  });
});

/** The names without the ids at their end. */
async function projectNames(world: World): Promise<string[]> {
  const { SUPABASE_API_URL, SUPABASE_ACCESS_TOKEN } = world.sandbox.env;
  const headers = { authorization: `Bearer ${SUPABASE_ACCESS_TOKEN}` };
  const answer = await fetch(`${SUPABASE_API_URL}/v1/projects`, { headers });
  return ((await answer.json()) as { name: string }[])
    .map(({ name }) => name.replace(/--[0-9a-f]{8}$/, ""))
    .sort();
}
