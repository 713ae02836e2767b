import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { addTo, NotEditable, type Value } from "../../src/intake/yaml-insert.ts";
import { DISPLAY_NAME, EMAIL, followsRule } from "../../src/shared/text-rules.ts";

type Case = [
  what: string,
  before: string,
  path: (string | number)[],
  key: string | undefined,
  value: Value,
  after: string,
];

it.each<Case>([
  [
    "an entry to a block map",
    "a:\n  b: 1 # one\n\nz: 1\n",
    ["a"],
    "c",
    {},
    "a:\n  b: 1 # one\n  c: {}\n\nz: 1\n",
  ],
  [
    "an entry to a flow map",
    "a: { b: 1 }   # here\n",
    ["a"],
    "c",
    { d: "x" },
    "a: { b: 1, c: { d: x } }   # here\n",
  ],
  ["an entry to an empty map", "a: {}\n", ["a"], "c", {}, "a: { c: {} }\n"],
  ["an entry to a missing map", "z: 1\n", ["a"], "c", { d: 1 }, "z: 1\na:\n  c: { d: 1 }\n"],
  [
    "an entry deep below a missing map",
    "a: { x: {} }\n",
    ["a", "x", "apps"],
    "c",
    {},
    "a: { x: { apps: { c: {} } } }\n",
  ],
  [
    "an item to a block list",
    "a:\n  - { b: 1 }\n  # more to come\nz: 1\n",
    ["a"],
    undefined,
    { b: 2 },
    "a:\n  - { b: 1 }\n  - { b: 2 }\n  # more to come\nz: 1\n",
  ],
  ["an item to a list that isn't indented", "a:\n- 1\nz: 1\n", ["a"], undefined, 2, "a:\n- 1\n- 2\nz: 1\n"],
  ["an item to a flow list", "a: [x,  y]\n", ["a"], undefined, "z", "a: [x,  y, z]\n"],
  ["an item to an empty list", "a: []\n", ["a"], undefined, "x", "a: [x]\n"],
  [
    "an item to a missing list in an item",
    "a:\n  - { b: 1 }\n",
    ["a", 0, "c"],
    undefined,
    "x",
    "a:\n  - { b: 1, c: [x] }\n",
  ],
  [
    "an item to a flow list over several lines",
    "a: [\n  x, # one\n  y,\n]\n",
    ["a"],
    undefined,
    "z",
    "a: [\n  x, # one\n  y, z,\n]\n",
  ],
  [
    "an entry below a nested last entry",
    "a:\n  b:\n    c:\n      - 1\nz: 1\n",
    ["a"],
    "d",
    2,
    "a:\n  b:\n    c:\n      - 1\n  d: 2\nz: 1\n",
  ],
  [
    "an entry below a block scalar",
    "a:\n  b: |\n    one\n    two\nz: 1\n",
    ["a"],
    "c",
    1,
    "a:\n  b: |\n    one\n    two\n  c: 1\nz: 1\n",
  ],
  ["an entry to a file without a final line break", "a: 1", [], "b", 2, "a: 1\nb: 2\n"],
  ["text that needs quotes", "a: {}\n", ["a"], "on", "x, y: #z", 'a: { on: "x, y: #z" }\n'],
  ["text that looks like a number", "a: {}\n", ["a"], "b", "2026-11", "a: { b: 2026-11 }\n"],
])("adds %s", (_, before, path, key, value, after) => {
  expect(addTo(before, path, key, value)).toBe(after);
});

it("refuses to edit an alias", () => {
  expect(() => addTo("a: &x { b: 1 }\nc: *x\n", ["c"], "d", 1)).toThrow(NotEditable);
});

const values = fc.oneof(
  fc.string(),
  fc.constantFrom(
    "true",
    "null",
    "1e3",
    "0x1f",
    "- x",
    "a: b",
    "[x",
    "{",
    "#",
    "&a",
    "*a",
    "!t",
    "|",
    "%",
    "@",
    "`",
    "'",
    '"',
    " x ",
    "",
  ),
  fc.integer(),
  fc.dictionary(fc.constantFrom("a", "b", "c"), fc.string(), { noNullPrototype: true }),
  fc.array(fc.string()),
);

/** Unusual values that the rules allow. */
const nameParts = fc.constantFrom(
  "a",
  "é",
  "漢",
  "👍",
  "\u{e0100}",
  "\u200d",
  "\u3000",
  " ",
  "'",
  '"',
  "#",
  ": ",
  "- ",
  "{",
  "]",
  "\\",
  "%",
  "|",
);
const names = fc
  .array(nameParts, { maxLength: 12 })
  .map((parts) => parts.join(""))
  .filter((text) => followsRule(DISPLAY_NAME, text));
const locals = fc.string({ unit: fc.constantFrom(..."ab1!#$%&'*+/=?^_`{|}~-."), minLength: 1, maxLength: 8 });
const emails = locals.map((local) => `${local}@x.xn--p1ai`).filter((text) => followsRule(EMAIL, text));

it("adds unusual but valid names and addresses unchanged, as values and in lists", () => {
  fc.assert(
    fc.property(names, emails, (name, email) => {
      const entry = { email, displayName: name };
      const after = addTo(addTo("members: []\n", ["members"], undefined, entry), [], "displayName", name);
      expect(parse(after)).toEqual({ members: [entry], displayName: name });
    }),
    { numRuns: 300 },
  );
});

it("adds exactly the entry, for any value, and changes no other line", () => {
  const before = "# head\na:\n  b: { c: [d,e] } # tail\n\nz: 'q'\n";
  fc.assert(
    fc.property(values, (value) => {
      const after = addTo(before, ["a"], "new", value);
      expect(parse(after)).toEqual({ a: { b: { c: ["d", "e"] }, new: value }, z: "q" });
      expect(
        after
          .split("\n")
          .filter((line) => before.split("\n").includes(line))
          .join("\n"),
      ).toBe(before);
    }),
  );
});
