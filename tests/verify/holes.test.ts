import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KINDS } from "../../src/vendors/postgres/closed-world/world.ts";
import { type ClosedWorld, startClosedWorld } from "./closed-world.ts";
import { HOLES } from "./holes.ts";

it("has a hole for every kind of object, and more than 80 in all", () => {
  const planted = new Set(HOLES.map(({ kind }) => kind));
  expect(KINDS.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  expect(HOLES.length).toBeGreaterThan(80);
});

describe.each(["workspace", "control-plane"] as const)("%s", (kind) => {
  let world: ClosedWorld;
  beforeAll(async () => {
    world = await startClosedWorld(kind);
  });
  afterAll(() => world.stop());

  it("is clean after creation", async () => {
    await world.client.query("begin");
    try {
      expect(await world.verify()).toEqual([]);
      expect(await world.refresh()).toEqual([]);
    } finally {
      await world.client.query("rollback");
    }
  });

  it.each(
    HOLES.filter(({ only }) => only === undefined || only === kind).map((hole) => [hole.sql, hole] as const),
  )("finds: %s", async (_, { sql, named, superuser }) => {
    await world.client.query("begin");
    try {
      if (superuser === undefined) await world.client.query("set local session authorization postgres");
      await world.client.query(sql);
      const words = typeof named === "string" ? { verify: named, refresh: named } : named;
      expect(await world.verify()).toContainEqual(expect.stringContaining(words.verify));
      expect(await world.refresh()).toContainEqual(expect.stringContaining(words.refresh));
    } finally {
      await world.client.query("rollback");
    }
  });
});
