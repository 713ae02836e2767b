import { formatPath, parsePath, valueAt } from "@tenantry/core/property-path";
import fc from "fast-check";
import { expect, test } from "vitest";

test.each([
  ["region", ["region"]],
  ["owner.email", ["owner", "email"]],
  ['members["ada@acme.example"].role', ["members", "ada@acme.example", "role"]],
  ["regions[0].name", ["regions", 0, "name"]],
  ['policies["says \\"hi\\""]', ["policies", 'says "hi"']],
])("%s leads through %j", (path, segments) => {
  expect(parsePath(path)).toEqual(segments);
});

test("writing a path and reading it again gives the same segments", () => {
  const segment = fc.string({ minLength: 1 }).filter((text) => !/^\d+$/.test(text));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), (segments) => {
      expect(parsePath(formatPath(segments))).toEqual(segments);
    }),
  );
});

test("a path that leads nowhere leads to nothing, not into the prototype", () => {
  expect(valueAt({ a: { b: 1 } }, ["a", "b"])).toBe(1);
  expect(valueAt({ a: { b: 1 } }, ["a", "c", "d"])).toBeUndefined();
  expect(valueAt({}, ["constructor", "name"])).toBeUndefined();
});
