import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grant } from "../../../../src/provider/resources/control-plane/grant.ts";
import { organization } from "../../../../src/provider/resources/control-plane/organization.ts";
import { stableId } from "../../../../src/shared/ids.ts";
import { Life } from "../../life.ts";
import { type Live, startLive } from "../../live.ts";
import { controlPlaneOf, organizationOf, withCatalogue } from "./control-plane.ts";

let live: Live;
let project: string;

beforeAll(async () => {
  live = await startLive();
  project = await withCatalogue(live, "shop");
  const first = new Life(organization, live.context());
  await first.up(organizationOf("shop", "acme", 1));
  await first.up({ ...organizationOf("shop", "acme", 1), state: "deleted" });
  await new Life(organization, live.context()).up(organizationOf("shop", "acme", 2));
});
afterAll(() => live.stop());

function credits(key: string, changes: object = {}) {
  return {
    controlPlane: controlPlaneOf("shop"),
    organization: stableId("shop/acme"),
    wallet: "data",
    key,
    credits: 100,
    kind: "opening" as const,
    ...changes,
  };
}

async function balance(wallet = "data", generation = 1): Promise<unknown> {
  const id = stableId("shop/acme", generation);
  const rows = await live.sql(
    project,
    `select balance::int from public.wallets where organization_id = '${id}' and name = '${wallet}'`,
  );
  return rows[0]?.balance;
}

describe("control-plane:Grant", () => {
  test("posts once, whatever is repeated, forgotten or removed", async () => {
    const before = Number(await balance());
    const life = new Life(grant, live.context());
    const first = await life.up(credits("once"));
    expect(await life.up(credits("once"))).toEqual(first);
    expect(await life.refresh()).toEqual([]);
    await life.remove();
    expect(await new Life(grant, live.context()).up(credits("once"))).toEqual(first);
    expect(await balance()).toBe(before + 100);
  });

  test("posts once when several runs post at the same moment", async () => {
    const before = Number(await balance());
    const posts = [1, 2, 3, 4].map(() => new Life(grant, live.context()).up(credits("together")));
    const entries = new Set((await Promise.all(posts)).map(({ entry }) => entry));
    expect(entries.size).toBe(1);
    expect(await balance()).toBe(before + 100);
  });

  test.each(["hold-before", "hold-after"] as const)(
    "posts once after a kill at the commit: %s",
    async (kind) => {
      const before = Number(await balance());
      const fault = { kind, service: "postgres", match: "commit", nth: 1 } as const;
      await live.killed(fault, (context) => new Life(grant, context).up(credits(kind)));
      await new Life(grant, live.context()).up(credits(kind));
      expect(await balance()).toBe(before + 100);
    },
  );

  test.each(["drop-before", "drop-after"] as const)(
    "posts once when the commit is cut off: %s",
    async (kind) => {
      const before = Number(await balance());
      live.sandbox.setFaults([{ kind, service: "postgres", match: "commit", nth: 1 }]);
      await new Life(grant, live.context()).up(credits(kind));
      live.sandbox.setFaults([]);
      await new Life(grant, live.context()).up(credits(kind));
      expect(await balance()).toBe(before + 100);
    },
  );

  test.each([
    ["other credits", { credits: 101 }],
    ["another wallet", { wallet: "ai" }],
    ["another expiry", { expires: "2030-01-01" }],
  ])("refuses a key that was posted with %s", async (_, changes) => {
    const plan = { kind: "plan" };
    await new Life(grant, live.context()).up(credits("fixed", plan));
    await expect(
      new Life(grant, live.context()).up(credits("fixed", { ...plan, ...changes })),
    ).rejects.toThrow("The key fixed was posted before");
  });

  test("keeps opening credits that the default plan granted before it changed", async () => {
    const before = Number(await balance());
    const first = await new Life(grant, live.context()).up(credits("opened"));
    expect(await new Life(grant, live.context()).up(credits("opened", { credits: 250 }))).toEqual(first);
    expect(await balance()).toBe(before + 100);
    await expect(
      new Life(grant, live.context()).up(credits("opened", { credits: 250, wallet: "ai" })),
    ).rejects.toThrow("The key opened was posted before");
  });

  test("says which wallet is missing", async () => {
    await expect(new Life(grant, live.context()).up(credits("lost", { wallet: "gold" }))).rejects.toThrow(
      "has no wallet gold",
    );
  });

  test("lapses after its last day", async () => {
    const life = new Life(grant, live.context());
    await life.up(credits("lapses", { expires: "2030-01-31" }));
    expect(await life.refresh()).toEqual([]);
    const rows = await live.sql(
      project,
      "select (expires_at at time zone 'UTC')::text as until from public.wallet_entries where key = 'lapses'",
    );
    expect(rows).toEqual([{ until: "2030-02-01 00:00:00" }]);
  });

  test("gives a trial's credits to the generation that has the trial, and to no other", async () => {
    const first = new Life(grant, live.context());
    await first.up(credits("trial", { kind: "trial", wallet: "ai" }));
    expect(await balance("ai")).toBe(100);
    const second = new Life(grant, live.context());
    const inputs = credits("trial", { kind: "trial", wallet: "ai", organization: stableId("shop/acme", 2) });
    expect(await second.up(inputs)).toEqual({});
    expect(await balance("ai", 2)).toBe(0);
    expect(await second.refresh()).toEqual([]);
  });
});
