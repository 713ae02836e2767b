import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSelection } from "../../src/fleet/load.ts";
import { digestOfFile } from "../../src/manifest/neighbours.ts";
import { loadStack } from "../../src/repository/load.ts";
import { folderOf, HEAD, PLATFORM } from "./folder.ts";

const TODAY = "2026-11-22";
const MINE =
  "plan: team\nworkspaces: { a: { email: in@x.example, slack: { team: T01, channel: C01 }, apps: { x: { domain: a.example } } } }\n";
const beta = (lines: string) => `${HEAD.replace("name: acme", "name: beta")}plan: team\n${lines}`;

function stacksWith(neighbour: string): string {
  return folderOf({
    "shop/platform.yaml": PLATFORM,
    "shop/orgs/acme.yaml": `${HEAD}${MINE}`,
    "shop/orgs/beta.yaml": neighbour,
  });
}

const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  ["nothing in common", beta("workspaces: { a: { email: other@x.example } }\n"), []],
  [
    "the domain as part of another domain",
    beta("workspaces: { a: { apps: { y: { domain: a.example.test } } } }\n"),
    [],
  ],
  [
    "a channel with the same id in another team",
    beta("workspaces: { a: { slack: { team: T02, channel: C01 } } }\n"),
    [],
  ],
  [
    "its domain in different case",
    beta("workspaces: { a: { apps: { y: { domain: A.Example. } } } }\n"),
    ["unique-custom-domain"],
  ],
  [
    "its domain with escapes",
    beta('workspaces: { a: { apps: { y: { domain: "\\x61.ex\\u0061mple" } } } }\n'),
    ["unique-custom-domain"],
  ],
  [
    "its address through an anchor",
    beta("owner2: &x in@x.example\nworkspaces: { a: { email: *x } }\n")
      .replace("owner2: &x in@x.example\n", "")
      .replace("owner: ada@acme.example", "owner: &x in@x.example"),
    ["unique-workspace-email"],
  ],
  [
    "its channel on separate lines",
    beta("workspaces:\n  a:\n    slack:\n      channel: C01\n      team: 'T01'\n"),
    ["unique-slack-channel"],
  ],
  [
    "its domain in a file with errors",
    beta("workspaces: { a: { apps: { y: { domain: a.example } }\n"),
    ["neighbour-with-errors"],
  ],
  ["errors and nothing in common", beta("workspaces: {\n"), []],
];

test.each(CASES)("one stack is compared with a neighbour that has %s", (_, neighbour, rules) => {
  const stacks = stacksWith(neighbour);
  const { model, diagnostics } = loadStack(stacks, "shop.acme", TODAY);
  expect(diagnostics.map(({ rule, place }) => `${rule} ${place.file}`)).toEqual(
    rules.map((rule) => `${rule} ${join(stacks, "shop/orgs/acme.yaml")}`),
  );
  expect(model === undefined).toBe(rules.length > 0);
});

test.each(CASES)(
  "a single named file is compared with a neighbour that has %s",
  async (_, neighbour, rules) => {
    const stacks = stacksWith(neighbour);
    const selection = { folder: join(stacks, "shop"), own: false, organizations: ["acme"] };
    const { diagnostics } = await loadSelection(selection, TODAY);
    expect(diagnostics.map(({ rule }) => rule)).toEqual(rules);
  },
);

test("a value that two organizations declare is an error in both, and each error names the other place", () => {
  const stacks = stacksWith(beta("workspaces: { b: { email: IN@x.example } }\n"));
  const found = ["acme", "beta"].map(
    (name) => loadStack(stacks, `shop.${name}`, TODAY).diagnostics[0]?.found,
  );
  expect(found).toEqual([
    `also at \`workspaces.b.email\` in ${join(stacks, "shop/orgs/beta.yaml")}`,
    `also at \`workspaces.a.email\` in ${join(stacks, "shop/orgs/acme.yaml")}`,
  ]);
});

test("a checked file isn't compared again, unless it has changed", () => {
  const stacks = stacksWith(beta("workspaces: { b: { email: in@x.example } }\n"));
  const file = join(stacks, "shop/orgs/acme.yaml");
  const checked = digestOfFile(file);
  expect(loadStack(stacks, "shop.acme", TODAY, { checked }).diagnostics).toEqual([]);
  writeFileSync(file, `${HEAD}${MINE}# changed\n`);
  expect(loadStack(stacks, "shop.acme", TODAY, { checked }).diagnostics).toMatchObject([
    { rule: "unique-workspace-email" },
  ]);
});
