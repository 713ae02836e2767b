import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { expect, test } from "vitest";
import { brokenResults } from "../../src/fleet/broken.ts";
import { buildStacks } from "../../src/fleet/build-stacks.ts";
import { canRunAny, loadSelection } from "../../src/fleet/load.ts";
import type { Selection } from "../../src/fleet/targets.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";

const TODAY = "2026-11-22";
const organization = (name: string, lines = "plan: team\n") =>
  `${HEAD.replace("name: acme", `name: ${name}`)}${lines}`;
const withDomain = (domain: string) =>
  `plan: team\nworkspaces: { a: { apps: { x: { domain: ${domain} } } } }\n`;

const FILES = {
  "shop/platform.yaml": PLATFORM,
  "shop/orgs/acme.yaml": organization("acme"),
  "shop/orgs/beta.yaml": organization("beta"),
  "shop/orgs/gamma.yaml": organization("gamma", withDomain("gamma.example")),
};
/** All of them have run before. */
const NO_RENAMES = { recordedAs: new Map(), refused: new Map() };
const RECORDED = ["platform", "acme", "beta", "gamma"].map((part) => `shop.${part}`);

/** What a run does with each stack. */
async function outcomes(files: Readonly<Record<string, string>>, selected: Partial<Selection> = {}) {
  const stacks = folderOf(files);
  const loaded = [
    await loadSelection(
      { folder: join(stacks, "shop"), own: true, organizations: "all", ...selected },
      TODAY,
    ),
  ];
  const built = loaded.flatMap((each) =>
    buildStacks(each, RECORDED, NO_RENAMES, {
      projectFolder: stacks,
      settingsFolder: undefined,
      environment: { backendUrl: "", passphrase: new Secret(""), vendors: {} },
      today: TODAY,
      program: undefined,
    }),
  );
  const broken = brokenResults(loaded, stacks);
  expect(canRunAny(loaded)).toBe(built.length > 0);
  return {
    runs: built
      .filter(({ organization: name, model }) => name === null || model !== null)
      .map(({ spec }) => spec.stack),
    removed: built
      .filter(({ organization: name, model }) => name !== null && model === null)
      .map(({ spec }) => spec.stack),
    broken: broken.map(({ stack, outcome }) => `${stack} ${outcome}`),
    why: broken.flatMap(({ changes }) => changes.problems.map(({ message }) => message)).join("\n"),
  };
}

const OTHERS = ["shop.platform", "shop.acme", "shop.gamma"];

/** The mistake, its files, and a text of the message. */
const BROKEN: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    "a misspelled key",
    { "shop/orgs/beta.yaml": organization("beta", "pln: team\n") },
    "shop/orgs/beta.yaml:5:1: unknown key `pln`",
  ],
  ["broken syntax", { "shop/orgs/beta.yaml": organization("beta", "members: [\n") }, "shop/orgs/beta.yaml:6"],
  ["an empty file", { "shop/orgs/beta.yaml": "" }, "the file is empty"],
  ["a plan that doesn't exist", { "shop/orgs/beta.yaml": organization("beta", "plan: gold\n") }, "`gold`"],
  ["another organization's name", { "shop/orgs/beta.yaml": organization("acme") }, "declared twice"],
];

test.each(BROKEN)(
  "%s stops its own organization, which isn't taken as removed",
  async (_what, files, message) => {
    const { why, ...found } = await outcomes({ ...FILES, ...files });
    expect(found).toEqual({ runs: OTHERS, removed: [], broken: ["shop.beta failed"] });
    expect(why).toContain(message);
  },
);

test("a manifest with a misspelled extension stops its own organization", async () => {
  const { "shop/orgs/beta.yaml": text, ...others } = FILES;
  const files = { ...others, "shop/orgs/beta.yml": text };
  for (const selected of [{}, { own: false, organizations: ["acme", "beta", "gamma"] }])
    expect(await outcomes(files, selected)).toMatchObject({
      runs: OTHERS.filter((stack) => stack !== "shop.platform" || !("own" in selected)),
      removed: [],
      broken: ["shop.beta failed"],
      why: expect.stringContaining("rename it to `beta.yaml`"),
    });
});

test("a manifest that was removed is still taken as removed beside a broken one", async () => {
  const { "shop/orgs/acme.yaml": _, ...files } = { ...FILES, "shop/orgs/beta.yaml": "" };
  expect(await outcomes(files)).toMatchObject({
    runs: ["shop.platform", "shop.gamma"],
    removed: ["shop.acme"],
    broken: ["shop.beta failed"],
  });
});

test("a target with errors has nothing to run", async () => {
  const selected = { own: false, organizations: ["beta"] };
  expect(await outcomes({ ...FILES, "shop/orgs/beta.yaml": "" }, selected)).toMatchObject({
    runs: [],
    removed: [],
    broken: ["shop.beta failed"],
  });
});

/** The mistake, its files, and a text of the message. */
const BROKEN_PLATFORMS: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ["a misspelled key", { "shop/platform.yaml": PLATFORM.replace("currency:", "curency:") }, "`curency`"],
  [
    "the name of another folder",
    { "shop/platform.yaml": PLATFORM.replace("name: shop", "name: store") },
    "`store`",
  ],
  ["a rule", { "shop/platform.yaml": PLATFORM.replace("defaultPlan: free", "defaultPlan: gold") }, "`gold`"],
  ["a second manifest", { "shop/platform.yml": PLATFORM }, "`platform.yml` isn't read"],
  ["a folder that isn't read", { "shop/Orgs/delta.yaml": organization("delta") }, "`Orgs` isn't read"],
  [
    "something else among the manifests",
    { "shop/orgs/team/delta.yaml": organization("delta") },
    "`team` is ignored",
  ],
];

test.each(BROKEN_PLATFORMS)("%s stops a platform and its organizations", async (_what, files, message) => {
  const { why, ...found } = await outcomes({ ...FILES, ...files });
  const waiting = ["shop.acme", "shop.beta", "shop.gamma"].map((stack) => `${stack} not started`);
  expect(found).toEqual({ runs: [], removed: [], broken: ["shop.platform failed", ...waiting] });
  expect(why).toContain(message);
});

test("`orgs` that isn't a folder stops the platform, and no organization is taken as removed", async () => {
  const stacks = folderOf({ "shop/platform.yaml": PLATFORM, "shop/orgs": "" });
  const selection = { folder: join(stacks, "shop"), own: true, organizations: "all" } as const;
  const loaded = [await loadSelection(selection, TODAY)];
  expect(brokenResults(loaded, stacks)).toMatchObject([{ stack: "shop.platform", outcome: "failed" }]);
  expect(canRunAny(loaded)).toBe(false);
});

test("a domain that a file with errors mentions stops its organization too, others run", async () => {
  const mention = `${organization("beta", withDomain("gamma.example"))}members: [\n`;
  const { broken, runs, why } = await outcomes({ ...FILES, "shop/orgs/beta.yaml": mention });
  expect({ broken: [...broken].sort(), runs }).toEqual({
    broken: ["shop.beta failed", "shop.gamma failed"],
    runs: ["shop.platform", "shop.acme"],
  });
  expect(why).toContain("can't check whether");
});

test("a domain that two files declare stops both, others run", async () => {
  const second = organization("beta", withDomain("GAMMA.example"));
  const { broken, runs } = await outcomes({ ...FILES, "shop/orgs/beta.yaml": second });
  expect({ broken: [...broken].sort(), runs }).toEqual({
    broken: ["shop.beta failed", "shop.gamma failed"],
    runs: ["shop.platform", "shop.acme"],
  });
});

test("a domain in a file that breaks another rule is still taken", async () => {
  const second = organization("beta", withDomain("gamma.example").replace("plan: team", "plan: gold"));
  const { broken } = await outcomes({ ...FILES, "shop/orgs/beta.yaml": second });
  expect([...broken].sort()).toEqual(["shop.beta failed", "shop.gamma failed"]);
});

test("a file whose text can't be read stops only its own organization", async () => {
  const stacks = folderOf(FILES);
  writeFileSync(join(stacks, "shop/orgs/beta.yaml"), Buffer.from([0xff, 0xfe, 0x61, 0x00]));
  mkdirSync(join(stacks, "shop/orgs/delta.yaml"));
  const selection = { folder: join(stacks, "shop"), own: true, organizations: "all" } as const;
  const { organizations, broken } = await loadSelection(selection, TODAY);
  expect(organizations.map(({ name }) => name)).toEqual(["acme", "gamma"]);
  expect([...broken.keys()].sort()).toEqual(["beta", "delta"]);
});
