import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLATFORM, World } from "../harness.ts";
import { stripeOf } from "../stripe.ts";
import { recorded, stripe, supabase } from "./census.ts";
import { isCounted, type Moment, upKilledAt } from "./kill.ts";

/** Each write needs its own platform. `npm run crashes` tests all writes; otherwise one in the middle is tested. */
const all = process.env.TENANTRY_CRASHES === "all";

/** The platform whose `up` isn't killed. */
const REFERENCE = "calm";

describe("a platform's own stack, with a killed and repeated first up", () => {
  let world: World;
  let writes = 0;

  beforeAll(async () => {
    world = await World.open({ [`${REFERENCE}/platform.yaml`]: manifest(REFERENCE) });
    const mark = world.mark();
    await world.mustRun("up", `${REFERENCE}.platform`);
    writes = world.writesSince(mark).filter(isCounted).length;
  });
  afterAll(() => world?.close());

  async function crashAndMend(moment: Moment, nth: number): Promise<void> {
    const name = `${moment}-${nth}`;
    const stack = `${name}.platform`;
    world.write(`${name}/platform.yaml`, manifest(name));
    const killed = await upKilledAt(world, stack, moment, nth);
    expect(killed, "the run ended before its write came").toBeDefined();
    await world.mustRun("up", stack, killed);
    const [found, wanted] = [name, REFERENCE].map((each) => recorded(world, `${each}.platform`, each));
    expect(await found, killed).toEqual(await wanted);
    expect(await census(world, name), killed).toEqual(await census(world, REFERENCE));
    const { changes } = await world.mustRun("preview", stack, killed, { refresh: true });
    expect(Object.keys(changes), killed).toEqual(["same"]);
    await leaveWebhook(name);
  }

  /** An account can have only a few endpoints. */
  async function leaveWebhook(platform: string): Promise<void> {
    const { webhookEndpoints } = stripeOf(world);
    for (const { id, metadata } of (await webhookEndpoints.list({ limit: 100 })).data)
      if (Object.values(metadata).includes(platform)) await webhookEndpoints.del(id);
  }

  it("makes many writes", () => {
    expect(writes).toBeGreaterThanOrEqual(30);
  });

  it.skipIf(all)("has everything once after it was killed in the middle", () =>
    crashAndMend("after", Math.ceil(writes / 2)),
  );

  it.runIf(all).each(["before", "after"] as const)(
    "has everything once when it was cut %s each write",
    { timeout: 3_600_000 },
    async (moment) => {
      for (let nth = 1; nth <= writes; nth++) await crashAndMend(moment, nth);
    },
  );
});

function manifest(name: string): string {
  return PLATFORM.replace(
    "name: tiny\n",
    `name: ${name}\ndisplayName: One of many\nstripe: { webhook: { url: "https://${name}.example/stripe" } }\n`,
  );
}

/** Counts everything that a platform could have twice by mistake. */
async function census(world: World, name: string): Promise<Record<string, number>> {
  const isOwn = (each: { readonly metadata?: Readonly<Record<string, string>> }) =>
    Object.values(each.metadata ?? {}).includes(name);
  const count = async (path: string) => (await stripe(world, path)).filter(isOwn).length;
  const projects = await supabase(world, "/v1/projects");
  return {
    projects: projects.filter((project) => project.name.startsWith(`${name}--`)).length,
    products: await count("/v1/products"),
    prices: await count("/v1/prices"),
    portals: await count("/v1/billing_portal/configurations"),
    webhooks: await count("/v1/webhook_endpoints"),
  };
}
