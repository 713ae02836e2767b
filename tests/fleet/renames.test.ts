import { describe, expect, test } from "vitest";
import type { ResourceView } from "../../packages/embedded-engine/src/interface.ts";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import type { LoadedSelection } from "../../src/fleet/load.ts";
import { findRenames, renameStacks, withRecordedNames } from "../../src/fleet/renames.ts";
import { loadPlatform } from "../../src/repository/load.ts";
import { view } from "../changes/events.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";
import { scriptedEngine, stackOf } from "./scripted-engine.ts";

/** @param person the domain of its people */
const manifest = (name: string, person: string, more = "") =>
  `${HEAD.replace("name: acme", `name: ${name}`).replace("ada@acme", `ada@${person}`)}plan: team\n${more}`;

async function loadedOf(files: Readonly<Record<string, string>>): Promise<LoadedSelection> {
  const paths = Object.entries(files).map(([name, text]) => [`shop/orgs/${name}.yaml`, text] as const);
  const folder = `${folderOf({ "shop/platform.yaml": PLATFORM, ...Object.fromEntries(paths) })}/shop`;
  const { model, diagnostics } = await loadPlatform(folder, "2026-11-22");
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return {
    selection: { folder, own: true, organizations: "all" },
    platform: "shop",
    platformModel: model?.platform,
    organizations: model?.organizations ?? [],
    missing: [],
    broken: new Map(),
    read: 1,
    diagnostics: [],
    checked: new Map(),
  };
}

/** The state that an `up` of a manifest leaves. */
async function stateOf(name: string, text: string): Promise<ResourceView[]> {
  const [model] = (await loadedOf({ [name]: text })).organizations;
  const members = Object.fromEntries(
    Object.entries(model?.members ?? {}).map(([email, { role }]) => [email, { role }]),
  );
  const workspaces = Object.values(model?.workspaces ?? {}).map(({ project }) =>
    view("tenantry:supabase:Project", project.name, { id: project.name, inputs: { name: project.name } }),
  );
  const firstName = model?.firstName === name ? {} : { firstName: model?.firstName };
  const billingEmail = model?.billing.email;
  const inputs = { organizationId: model?.id, name, ...firstName, members, billingEmail };
  return [view("tenantry:control-plane:Organization", name, { id: "1", inputs }), ...workspaces];
}

async function found(
  files: Readonly<Record<string, string>>,
  states: Readonly<Record<string, ResourceView[]>>,
) {
  const read = async (stack: string) => states[stack];
  const { recordedAs, refused } = await findRenames(await loadedOf(files), Object.keys(states), read);
  return {
    recordedAs: Object.fromEntries(
      [...recordedAs].map(([name, { stack, exists }]) => [name, exists ? stack : "new"]),
    ),
    refused: Object.fromEntries([...refused].map(([name, { remedy }]) => [name, remedy])),
  };
}

const acme = () => stateOf("acme", manifest("acme", "acme"));
const beta = () => stateOf("beta", manifest("beta", "beta"));

describe("the stack of an organization", () => {
  test("has its name, or a previous one, by the id that it records", async () => {
    const inc = manifest("inc", "acme", "previously: [acme]\n");
    expect(await found({ inc }, { "shop.inc": await acme() })).toEqual({ recordedAs: {}, refused: {} });
    expect(await found({ inc }, { "shop.acme": await acme() })).toEqual({
      recordedAs: { inc: "shop.acme" },
      refused: {},
    });
    expect((await found({ inc }, { "shop.acme": await beta() })).recordedAs).toEqual({});
  });

  test("is found after two swapped their names, also with a temporary name, and for a name that is used again", async () => {
    const swapped = {
      acme: manifest("acme", "beta", "previously: [beta]\n"),
      beta: manifest("beta", "acme", "previously: [acme]\n"),
    };
    expect(
      (await found(swapped, { "shop.acme": await acme(), "shop.beta": await beta() })).recordedAs,
    ).toEqual({
      acme: "shop.beta",
      beta: "shop.acme",
    });
    const [, project] = await acme();
    const parked = `shop.renaming--${JSON.stringify((await acme())[0]?.inputs.organizationId).slice(1, 9)}`;
    expect(project).toBeDefined();
    expect((await found(swapped, { [parked]: await acme(), "shop.acme": await beta() })).recordedAs).toEqual({
      beta: parked,
    });
    const again = {
      acme: manifest("acme", "new", "generation: 2\n"),
      inc: manifest("inc", "acme", "previously: [acme]\n"),
    };
    expect((await found(again, { "shop.acme": await acme() })).recordedAs).toEqual({
      inc: "shop.acme",
      acme: "new",
    });
  });

  test("isn't taken for another customer's, but a rename without `previously` is refused", async () => {
    const remedy =
      "Add to shop/orgs/inc.yaml: previously: [acme]. If they are two customers, restore the manifest of acme.";
    const states = { "shop.acme": await acme() };
    expect((await found({ inc: manifest("inc", "acme") }, states)).refused).toEqual({
      inc: remedy,
      acme: remedy,
    });
    expect((await found({ inc: manifest("inc", "other") }, states)).refused).toEqual({});
    expect(
      (await found({ acme: manifest("acme", "acme"), inc: manifest("inc", "acme") }, states)).refused,
    ).toEqual({});
  });
});

describe("an incomplete or wrong `previously`", () => {
  const inc = () => stateOf("inc", manifest("inc", "acme", "previously: [acme]\n"));
  const twoCustomers = "If they are two customers, restore the manifest of";

  test.each([
    ["is missing after an earlier rename", manifest("corp", "acme"), "Add to", ` ${twoCustomers} inc.`],
    ["lacks the last name", manifest("corp", "acme", "previously: [acme]\n"), "Set in", ""],
    [
      "has only the last name",
      manifest("corp", "acme", "previously: [inc]\n"),
      "Set in",
      ` ${twoCustomers} inc.`,
    ],
    [
      "lacks the last name, with other people",
      manifest("corp", "other", "previously: [acme]\n"),
      "Set in",
      "",
    ],
  ])("is refused with all names if it %s", async (_, corp, verb, more) => {
    const remedy = `${verb} shop/orgs/corp.yaml: previously: [acme, inc].${more}`;
    expect(await found({ corp }, { "shop.inc": await inc() })).toEqual({
      recordedAs: {},
      refused: { corp: remedy, inc: remedy },
    });
  });

  test("is refused if the organization has its first name again", async () => {
    const remedy = "Add to shop/orgs/acme.yaml: previously: [acme, inc].";
    expect((await found({ acme: manifest("acme", "acme") }, { "shop.inc": await inc() })).refused).toEqual({
      acme: remedy,
      inc: remedy,
    });
  });

  test("is refused if a new customer has the name that it lacks", async () => {
    const files = {
      corp: manifest("corp", "acme", "previously: [acme]\n"),
      inc: manifest("inc", "other", "generation: 2\n"),
    };
    expect((await found(files, { "shop.inc": await inc() })).refused).toEqual({
      corp: "Set in shop/orgs/corp.yaml: previously: [acme, inc].",
    });
  });

  test.each([
    ["with its people", "acme", "Set in shop/orgs/inc.yaml: previously: [acme]. If they are"],
    [
      "with other people",
      "other",
      "Correct `previously` in shop/orgs/inc.yaml, the oldest name first. Without a manifest: acme.",
    ],
  ])("is refused if no organization had the name, %s", async (_, person, remedy) => {
    const files = { inc: manifest("inc", person, "previously: [acmee]\n") };
    const { refused } = await found(files, { "shop.acme": await acme() });
    expect(refused.inc).toContain(remedy);
  });

  test("is refused in a swap", async () => {
    const files = {
      acme: manifest("acme", "beta", "previously: [betaa]\n"),
      beta: manifest("beta", "acme", "previously: [acme]\n"),
    };
    const { refused } = await found(files, { "shop.acme": await acme(), "shop.beta": await beta() });
    expect(refused).toEqual({
      acme: expect.stringContaining("Set in shop/orgs/acme.yaml: previously: [beta]."),
      beta: expect.stringContaining("Restore the manifest of beta"),
    });
  });

  test("doesn't matter in a new backend, or while every stack has an organization", async () => {
    const files = {
      acme: manifest("acme", "new", "generation: 2\n"),
      beta: manifest("beta", "beta"),
      inc: manifest("inc", "acme", "previously: [acme]\n"),
    };
    const nothing = { recordedAs: {}, refused: {} };
    expect(await found(files, {})).toEqual(nothing);
    const platform = { "shop.platform": [] };
    expect(await found(files, { ...platform, "shop.beta": await beta() })).toEqual(nothing);
    expect(await found(files, { ...platform, "shop.beta": await beta(), "shop.inc": await inc() })).toEqual(
      nothing,
    );
  });
});

describe("a manifest that a renamed organization takes over", () => {
  const text =
    "Restore the manifest of beta, and choose another name for acme. If beta was renamed too, add to its new manifest: previously: [beta], and run both.";
  const over = manifest("beta", "acme", "previously: [acme]\n");

  test("is refused as the removal of the organization that had it", async () => {
    const states = { "shop.acme": await acme(), "shop.beta": await beta() };
    expect((await found({ beta: over }, states)).refused).toEqual({ beta: text });
    const gamma = manifest("gamma", "beta");
    expect((await found({ beta: over, gamma }, states)).refused).toEqual({
      beta: text,
      gamma: expect.stringContaining("Add to shop/orgs/gamma.yaml: previously: [beta]."),
    });
  });

  test("is free if that one was renamed too, or left no resources", async () => {
    const states = { "shop.acme": await acme(), "shop.beta": await beta() };
    const gamma = manifest("gamma", "beta", "previously: [beta]\n");
    expect((await found({ beta: over, gamma }, states)).refused).toEqual({});
    expect((await found({ beta: over }, { ...states, "shop.beta": [] })).refused).toEqual({});
  });

  test("is its own after a crash that left both names", async () => {
    const states = { "shop.acme": await acme(), "shop.beta": await acme() };
    expect(await found({ beta: over }, states)).toEqual({ recordedAs: { beta: "shop.acme" }, refused: {} });
  });
});

describe("renaming stacks", () => {
  const recorded = (name: string, stack: string, exists = true): FleetStack => {
    const plain = stackOf("shop", name);
    const model = plain.model && { ...plain.model, id: `${name}${"0".repeat(32)}` };
    return { ...plain, model, recordedAs: { stack, exists } };
  };

  /** What the engine renames. A call fails if the new name is in use. */
  async function renamed(fleet: readonly FleetStack[], fails: readonly string[] = []) {
    const { engine, log } = scriptedEngine();
    const named = withRecordedNames(
      { ...engine, rename: async ({ stack }, name) => void log.push(`${stack} to ${name}`) },
      fleet,
    );
    const failed = await renameStacks(fleet, async ({ spec }, to) => {
      if (fails.includes(spec.stack)) return false;
      await named.rename(spec, to);
      return true;
    });
    await Promise.all(fleet.map(({ spec }) => named.preview(spec)));
    return {
      log: log.filter((line) => !line.startsWith("end")),
      failed: [...failed].map(
        ([{ spec }, why]) => `${spec.stack}${why === undefined ? "" : `: ${why.message}`}`,
      ),
    };
  }

  test("begins with the names that are free, and frees one for a new organization", async () => {
    const fleet = [recorded("c", "shop.b"), recorded("b", "shop.a"), recorded("a", "shop.none", false)];
    expect(await renamed(fleet)).toEqual({
      log: ["shop.b to shop.c", "shop.a to shop.b", "preview shop.c", "preview shop.b", "preview shop.a"],
      failed: [],
    });
  });

  test("swaps two by a temporary name", async () => {
    expect((await renamed([recorded("a", "shop.b"), recorded("b", "shop.a")])).log).toEqual([
      "shop.b to shop.renaming--a0000000",
      "shop.a to shop.b",
      "shop.renaming--a0000000 to shop.a",
      "preview shop.a",
      "preview shop.b",
    ]);
  });

  test("that fails stops the new organization with the old name", async () => {
    const fleet = [recorded("b", "shop.a"), recorded("a", "shop.none", false)];
    expect((await renamed(fleet, ["shop.b"])).failed).toEqual([
      "shop.b",
      "shop.a: The stack shop.a still belongs to the organization that had this name before",
    ]);
  });
});
