import { expect, test } from "vitest";
import { covers, readPattern, resetPath } from "../src/path-pattern.ts";
import { type PropertyMap, secretOf } from "../src/property-value.ts";

test.each([
  ["a", ["a"]],
  ["a.b[0].c", ["a", "b", 0, "c"]],
  ['a["with a blank"].b', ["a", "with a blank", "b"]],
  ['["a.b"]', ["a.b"]],
  ["list[*].name", ["list", "*", "name"]],
  ['a["say \\"hi\\""]', ["a", 'say "hi"']],
])("%s is read step by step", (text, steps) => {
  expect(readPattern(text)).toEqual(steps);
});

test.each(["a[", "a]", 'a["b', "a[b]"])("%s is refused", (text) => {
  expect(() => readPattern(text)).toThrow("isn't a property path");
});

test.each<[string, string, PropertyMap, PropertyMap, PropertyMap]>([
  ["a value", "a", { a: 1, b: 1 }, { a: 2, b: 2 }, { a: 1, b: 2 }],
  ["one that was taken away", "a", { a: 1 }, {}, { a: 1 }],
  ["one that was added", "a", {}, { a: 1 }, {}],
  ["one inside", "a.b", { a: { b: 1, c: 1 } }, { a: { b: 2, c: 2 } }, { a: { b: 1, c: 2 } }],
  ["an element", "a[0]", { a: [1, 1] }, { a: [2, 2] }, { a: [1, 2] }],
  ["no element that is new", "a[1]", { a: [1] }, { a: [2, 2] }, { a: [2, 2] }],
  [
    "every element's name",
    "a[*].n",
    { a: [{ n: 1 }, { n: 1 }] },
    { a: [{ n: 2, m: 2 }, { n: 2 }] },
    { a: [{ n: 1, m: 2 }, { n: 1 }] },
  ],
  [
    "inside a secret",
    "a.b",
    { a: secretOf({ b: 1 }) },
    { a: secretOf({ b: 2, c: 2 }) },
    { a: secretOf({ b: 1, c: 2 }) },
  ],
])("ignoring changes gives back %s", (_, path, olds, news, expected) => {
  expect(resetPath(readPattern(path), olds, news)).toEqual(expected);
});

test.each([
  ["a", "a", true],
  ["a", "a.b", true],
  ["a.b", "a", false],
  ["a[*]", "a[3].c", true],
  ["a.b", "a.c", false],
])("%s covers %s: %s", (pattern, path, expected) => {
  expect(covers(readPattern(pattern), readPattern(path))).toBe(expected);
});
