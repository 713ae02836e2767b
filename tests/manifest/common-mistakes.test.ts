import { expect, test } from "vitest";
import { parseManifest } from "../../src/manifest/parse.ts";
import { HEAD } from "./folder.ts";

const workspace = (lines: string) => `workspaces:\n  a:\n    ${lines}\n`;

/** The lines after a valid head, the line and column of the only error, and texts of its message and remedy. */
const CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "a schedule without quotes",
    workspace("cron:\n      x:\n        schedule: * * * * *\n        task: go"),
    "9:19",
    ["unquoted `*`", 'put the schedule in quotes: "* * * * *"'],
  ],
  [
    "a schedule with a step, without quotes",
    workspace("cron: { x: { schedule: */15 9-17 * * 1,3, task: go } }"),
    "7:28",
    ["unquoted `*`", 'put the schedule in quotes: "*/15 9-17 * * 1,3"'],
  ],
  [
    "a schedule before a comment",
    workspace("cron:\n      x:\n        schedule: */5 * * * * # often\n        task: go"),
    "9:19",
    ['put the schedule in quotes: "*/5 * * * *"'],
  ],
  [
    "a merge key",
    "workspaces:\n  a: &a {}\n  b:\n    <<: *a\n",
    "8:5",
    ["merge keys (`<<`) aren't part of YAML 1.2", "write out the keys"],
  ],
  [
    "a merge key among names",
    "workspaces:\n  <<: {}\n",
    "6:3",
    ["merge keys (`<<`) aren't part of YAML 1.2"],
  ],
  [
    "a merge conflict",
    "<<<<<<< HEAD\nplan: team\n=======\nplan: big\n>>>>>>> feature\n",
    "5:1",
    ["git left a merge conflict", "keep the lines that you want"],
  ],
  [
    "a merge conflict in a list, with Windows line ends",
    "members:\r\n<<<<<<< HEAD\r\n  - { email: a@x.example, role: admin }\r\n>>>>>>> feature\r\n",
    "6:1",
    ["git left a merge conflict"],
  ],
  ["an octal number", "displayName: 0777\n", "5:14", ['put it in quotes: "0777"']],
  ["a number with an exponent", "displayName: 1e3\n", "5:14", ['put it in quotes: "1e3"']],
  ["a number with a final zero", "displayName: 1.10\n", "5:14", ['put it in quotes: "1.10"']],
  ["a boolean", "displayName: True\n", "5:14", ['put it in quotes: "True"']],
  [
    "a number through an alias",
    "plan: &n 012\ndisplayName: *n\n",
    "6:14",
    ["put the value at its anchor in quotes"],
  ],
];

test.each(CASES)("%s is named with its fix", (_what, lines, place, texts) => {
  const { diagnostics } = parseManifest("Organization", `${HEAD}${lines}`, "acme.yaml");
  const [first] = diagnostics;
  expect(`${first?.place.line}:${first?.place.column}`).toBe(place);
  for (const text of texts) expect(`${first?.message}\n${first?.remedy}`).toContain(text);
});

test.each([
  ["a quoted schedule", workspace('cron: { x: { schedule: "* * * * *", task: go } }')],
  ["arrows in a text", workspace('cron: { x: { schedule: "0 3 * * *", task: "<<<<<<< and >>>>>>>" } }')],
])("%s is no mistake", (_what, lines) => {
  expect(parseManifest("Organization", `${HEAD}${lines}`, "acme.yaml").diagnostics).toEqual([]);
});
