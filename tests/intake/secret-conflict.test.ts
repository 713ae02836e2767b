import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runIntake } from "../../src/intake/intake.ts";
import { loadPlatform } from "../../src/repository/load.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";
import { rowsOf } from "./rows.ts";

const TODAY = "2026-11-22";
const OTHER = PLATFORM.replace("name: shop", "name: other");
const named = (name: string, secret?: string) =>
  HEAD.replace("name: acme", `name: ${name}`).replaceAll("ada@acme", `ada@${name}`) +
  (secret === undefined ? "" : `llmProvider: { kind: openai, apiKey: { secret: ${secret} } }\n`);
const listing = (secret: string, ...organizations: readonly string[]) =>
  `secrets: { ${secret}: { organizations: [${organizations.join(", ")}], reason: agreed } }\n`;

type Files = Readonly<Record<string, string>>;
const folderWith = (files: Files) =>
  folderOf({
    "shop/platform.yaml": PLATFORM,
    "shop/orgs/first.yaml": named("first"),
    "other/platform.yaml": OTHER,
    ...files,
  });

/** Runs intake with a sign-up of this name, and one without a conflict. */
async function signUp(stacks: string, name: string) {
  const signedUp = (each: string) =>
    rowsOf({ name: each, plan: "free", managed_by: "app", owner: `new@${each}.example` });
  const [taken, another] = await runIntake(join(stacks, "shop"), [signedUp(name), signedUp("bystander")], {
    everything: false,
    today: TODAY,
  });
  expect(another).toMatchObject({ outcome: "written", problems: [] });
  return taken;
}

async function errorsIn(stacks: string): Promise<string[]> {
  const loaded = await Promise.all(
    ["shop", "other"].map((platform) => loadPlatform(join(stacks, platform), TODAY)),
  );
  return loaded.flatMap(({ diagnostics }) =>
    diagnostics.filter(({ severity }) => severity === "error").map(({ rule }) => rule),
  );
}

const LIST = /list .* under `secrets` in the manifest of the platform/;
const RENAME = /or rename `/;

describe("intake refuses a name that would dispute a secret of another organization", () => {
  test.each<[string, string, Files, RegExp, RegExp]>([
    [
      "the same name on another platform",
      "acme",
      { "other/orgs/acme.yaml": named("acme", "acme-models") },
      /`acme-` is a prefix of `acme-models` of the organization `acme` of `other`/,
      LIST,
    ],
    [
      "a longer name on the same platform",
      "acme-labs",
      { "shop/orgs/acme.yaml": named("acme", "acme-labs-models") },
      /`acme-labs-` is a prefix of `acme-labs-models` of the organization `acme` of `shop`/,
      LIST,
    ],
    [
      "a longer name on another platform",
      "acme-labs",
      { "other/orgs/acme.yaml": named("acme", "acme-labs-models") },
      /`acme-labs-` is a prefix of `acme-labs-models` of the organization `acme` of `other`/,
      RENAME,
    ],
    [
      "a name two levels longer",
      "acme-labs-eu",
      { "other/orgs/acme.yaml": named("acme", "acme-labs-eu-models") },
      /`acme-labs-eu-models` of the organization `acme` of `other`/,
      RENAME,
    ],
    [
      "a name that is a prefix of a secret that another platform lists",
      "pool",
      {
        "other/platform.yaml": OTHER + listing("pool-models", "beta", "gamma"),
        "other/orgs/beta.yaml": named("beta", "pool-models"),
        "other/orgs/gamma.yaml": named("gamma", "pool-models"),
      },
      /`pool-models` of the organization `beta` of `other` and the organization `gamma` of `other`/,
      RENAME,
    ],
  ])("%s", async (_, name, files, reason, remedy) => {
    const stacks = folderWith(files);
    expect(await errorsIn(stacks)).toEqual([]);
    const taken = await signUp(stacks, name);
    expect(taken).toMatchObject({
      stack: `shop.${name}`,
      outcome: "refused",
      added: [],
      problems: [expect.stringMatching(reason)],
    });
    expect(taken?.problems[0]).toMatch(remedy);
    expect(taken?.problems[0]).toMatch(/give the new organization another name/);
    const file = join(stacks, "shop/orgs", `${name}.yaml`);
    expect(existsSync(file)).toBe(false);
    expect(await errorsIn(stacks)).toEqual([]);
    // The reason for the refusal: with the file, the manifests of others have errors.
    writeFileSync(file, named(name));
    expect(await errorsIn(stacks)).not.toEqual([]);
  });

  test.each<[string, string, Files]>([
    [
      "the manifest of its namesake has errors and mentions a secret",
      "acme",
      { "other/orgs/acme.yaml": `${named("acme", "acme-models")}plan: [\n` },
    ],
    [
      "the manifest of a platform has errors and mentions a secret",
      "pool",
      { "other/platform.yaml": `${OTHER}${listing("pool-models", "beta")}plans: [\n` },
    ],
  ])("and refuses it if %s", async (_, name, files) => {
    const stacks = folderWith(files);
    expect(await signUp(stacks, name)).toMatchObject({
      outcome: "refused",
      problems: [
        expect.stringMatching(/the name of the organization: .*give the new organization another name/),
      ],
    });
    expect(existsSync(join(stacks, "shop/orgs", `${name}.yaml`))).toBe(false);
  });
});

describe("intake writes the manifest of an organization", () => {
  test.each<[string, string, Files]>([
    ["whose namesake on another platform uses no secrets", "acme", { "other/orgs/acme.yaml": named("acme") }],
    [
      "with a shorter name than the owner of a secret",
      "acme",
      { "other/orgs/acme-labs.yaml": named("acme-labs", "acme-labs-models") },
    ],
    ["with a similar name", "acme-lab", { "other/orgs/acme.yaml": named("acme", "acme-labs-models") }],
    [
      "whose namesake's platform lists the secret",
      "acme",
      {
        "other/platform.yaml": OTHER + listing("acme-models", "acme"),
        "other/orgs/acme.yaml": named("acme", "acme-models"),
      },
    ],
    [
      "whose name is a prefix of a secret that its own platform lists for another",
      "pool",
      {
        "shop/platform.yaml": PLATFORM + listing("pool-models", "beta"),
        "shop/orgs/beta.yaml": named("beta", "pool-models"),
      },
    ],
  ])("%s", async (_, name, files) => {
    const stacks = folderWith(files);
    expect(await signUp(stacks, name)).toMatchObject({ outcome: "written", problems: [] });
    expect(readFileSync(join(stacks, "shop/orgs", `${name}.yaml`), "utf8")).toContain(`name: ${name}\n`);
    expect(await errorsIn(stacks)).toEqual([]);
  });

  test("while an unrelated platform has errors", async () => {
    const stacks = folderWith({ "other/platform.yaml": `${OTHER}plans: [\n` });
    expect(await signUp(stacks, "acme")).toMatchObject({ outcome: "written", problems: [] });
  });
});
