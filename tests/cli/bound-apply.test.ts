import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectSameSources, readSources } from "../../src/fleet/sources.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry, tenantryAsked } from "./command-line.ts";

const ACME = "stacks/demo/orgs/acme.yaml";
const DEMO = "stacks/demo/platform.yaml";

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;

beforeAll(async () => {
  folder = folderWith({ [DEMO]: PLATFORM, [ACME]: ORGANIZATION });
  sandbox = await startProductSandbox({
    folder: join(folder.path, ".tenantry/sandbox"),
    readinessMilliseconds: 1,
  });
  const up = await tenantry(["up", "--yes", "--sandbox"], { cwd: folder.path });
  expect(up.exitCode).toBe(0);
});

afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

const write = (file: string, text: string) => writeFileSync(join(folder.path, file), text);
/** Writes to the vendors. `up` also delivers changes of access, which the product made, after the stacks. */
const writes = () =>
  sandbox.requests().filter(({ write, path }) => write && !/^(with due as|commit)/.test(path)).length;

/** The person reviews one change, and somebody replaces a file while the question stands. */
const REPLACED: readonly {
  title: string;
  reviewed: readonly [file: string, text: string];
  replaced: readonly [file: string, text: string];
}[] = [
  {
    title: "a manifest that archives a workspace",
    reviewed: [ACME, `${ORGANIZATION}displayName: Acme Inc.\n`],
    replaced: [ACME, ORGANIZATION.replace("staging: {}", "staging: { state: archived }")],
  },
  {
    title: "a manifest with another owner",
    reviewed: [ACME, `${ORGANIZATION}displayName: Acme Ltd.\n`],
    replaced: [ACME, ORGANIZATION.replace("ada@", "eve@")],
  },
  {
    title: "a platform that takes an entitlement away",
    reviewed: [ACME, `${ORGANIZATION}displayName: Acme plc\n`],
    replaced: [DEMO, PLATFORM.replace("rpm: 60", "rpm: 1")],
  },
];

describe("a file that is replaced while `up` asks", () => {
  test.each(REPLACED)("stops the stack before its first write: $title", async ({ reviewed, replaced }) => {
    const before = { acme: read(ACME), demo: read(DEMO) };
    write(...reviewed);
    const count = writes();
    const up = await tenantryAsked(["up", "demo.acme", "--sandbox"], { cwd: folder.path }, () => {
      write(...replaced);
      return "y";
    });
    expect(up.stdout).toContain("The manifests changed after this run had read them");
    expect(up.exitCode).toBe(1);
    expect(writes()).toBe(count);

    const next = await tenantry(["preview", "demo.acme", "--sandbox"], { cwd: folder.path });
    expect(next.stdout).not.toContain("up to date, skipped");
    write(ACME, before.acme);
    write(DEMO, before.demo);
  });
});

describe("code that is replaced while `up` asks", () => {
  const PACK = "policies/PulumiPolicy.yaml";
  const CONFIG = "policies/config.json";

  test.each([
    { title: "an edited file of a policy pack", file: PACK, text: "runtime: nodejs\ndescription: edited\n" },
    { title: "a new file of a policy pack", file: "policies/extra.js", text: "" },
    { title: "a policy pack's configuration", file: CONFIG, text: '{ "all": "disabled" }' },
    { title: "the project's own code", file: "program/index.js", text: "module.exports = {}" },
    {
      title: "code behind a link",
      file: "shared.md",
      text: "module.exports = {}",
      message: "program/linked.js",
    },
  ])("stops the run before its first stack: $title", ({ file, text, message = file }) => {
    const project = folderWith({
      "Pulumi.yaml": "name: demo\nruntime: nodejs\n",
      "program/index.js": "",
      "shared.md": "",
      "program/node_modules/dependency.js": "",
      [DEMO]: PLATFORM,
      [PACK]: "runtime: nodejs\n",
      [CONFIG]: "{}",
    });
    const at = (name: string) => join(project.path, name);
    symlinkSync("../shared.md", at("program/linked.js"));
    const sources = () =>
      readSources({
        cwd: project.path,
        project: project.path,
        packs: [{ folder: at("policies"), config: at(CONFIG) }],
        except: [at("stacks")],
      });
    const before = sources();
    for (const ignored of [DEMO, "Pulumi.demo.acme.yaml", "program/node_modules/dependency.js", "notes.md"])
      writeFileSync(at(ignored), "changed: true\n");
    expectSameSources(before, sources());

    writeFileSync(at(file), text);
    expect(() => expectSameSources(before, sources())).toThrow(
      `${message} changed after the preview had run`,
    );
    project.remove();
  });
});

const read = (file: string) => readFileSync(join(folder.path, file), "utf8");
