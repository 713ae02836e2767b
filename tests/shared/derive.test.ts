import { Secret } from "@tenantry/core/secret";
import { expect, test } from "vitest";
import { derive, deriveDatabasePassword } from "../../src/shared/derive.ts";

const root = new Secret("0123456789abcdef0123456789abcdef");

test("what is derived never changes: databases are open to it", () => {
  expect(deriveDatabasePassword(root, { id: "id", generation: 1 }).reveal()).toMatchInlineSnapshot(
    `"ziSIHcU8UNmmZEYgTH7qd8tNjCSsjC6-VyODhK0x6DY"`,
  );
});

test("root, purpose, id and generation each make another", () => {
  const all = [
    derive(root, "a", "id", 1),
    derive(new Secret("another root of thirty-two characters"), "a", "id", 1),
    derive(root, "b", "id", 1),
    derive(root, "a", "di", 1),
    derive(root, "a", "id", 2),
    // No two of the four run together into the same.
    derive(root, "a1", "id", 1),
    derive(root, "a", "1id", 1),
  ].map((each) => each.reveal());
  expect(new Set(all).size).toBe(all.length);
  for (const each of all) expect(each).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
