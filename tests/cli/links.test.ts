import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { loadStack } from "../../src/repository/load.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

let inside: string;
let outside: string;

beforeEach(() => {
  const [here, there] = [
    folderWith({ "stacks/demo/platform.yaml": PLATFORM, "stacks/demo/orgs/acme.yaml": ORGANIZATION }),
    folderWith({
      "demo/platform.yaml": PLATFORM.replace("currency", "hiddenWord"),
      "demo/orgs/acme.yaml": ORGANIZATION.replace("owner", "hiddenWord"),
      "demo/orgs/concealed-customer.yaml": "hiddenWord: 1\n",
      "demo/orgs/concealed-customer.json": "",
      "secret.yaml": "hiddenWord: 1\n",
    }),
  ];
  onTestFinished(() => {
    here.remove();
    there.remove();
  });
  [inside, outside] = [here.path, there.path];
});

/** Replaces a file or folder by a link. */
function replace(path: string, target: string): void {
  renameSync(join(inside, path), join(inside, "moved"));
  symlinkSync(target, join(inside, path));
}

const TARGETS = [[], ["stacks"], ["stacks/demo"], ["stacks/demo/orgs/acme.yaml"], ["demo.acme"]];

/** Runs every command that reads manifests with every kind of target. */
async function everything(): Promise<{ exitCode: number; said: string }[]> {
  const lines = TARGETS.flatMap((targets) => [
    ["validate", ...targets],
    ["validate", "--json", ...targets],
    ["preview", "--sandbox", ...targets],
    ["intake", "--sandbox", ...targets],
    ["import", "--sandbox", ...(targets.length === 0 ? ["demo.acme"] : targets)],
  ]);
  lines.push(["validate", "demo.concealed-custome"], ["validate", "stacks/demo/orgs/concealed-custome"]);
  const runs = [];
  for (const args of lines) {
    const ran = await tenantry(args, { cwd: inside });
    runs.push({ exitCode: ran.exitCode, said: `${args.join(" ")}\n${ran.stdout}${ran.stderr}` });
  }
  return runs;
}

describe("no command reads or shows a file outside the repository through a link", () => {
  test.each<[string, () => void]>([
    ["stacks itself", () => replace("stacks", outside)],
    ["a platform's folder", () => replace("stacks/demo", join(outside, "demo"))],
    ["a platform's manifest", () => replace("stacks/demo/platform.yaml", join(outside, "secret.yaml"))],
    ["the folder of organizations", () => replace("stacks/demo/orgs", join(outside, "demo/orgs"))],
    ["an organization's manifest", () => replace("stacks/demo/orgs/acme.yaml", join(outside, "secret.yaml"))],
    [
      "a link through another link",
      () => {
        symlinkSync(join(outside, "demo/orgs"), join(inside, "stacks/demo/between"));
        replace("stacks/demo/orgs", "between");
      },
    ],
    ["a relative link", () => replace("stacks/demo/orgs", `../../../${outside.split("/").at(-1)}/demo/orgs`)],
  ])("%s", async (_what, link) => {
    link();
    for (const { exitCode, said } of await everything()) {
      expect(exitCode, said).toBe(1);
      expect(said).not.toMatch(/hidden|concealed-customer/);
      expect(said).not.toMatch(/^ {4}at /m);
    }
    const { diagnostics, model } = loadStack(join(inside, "stacks"), "demo.acme", "2026-11-22");
    expect(model).toBeUndefined();
    expect(JSON.stringify(diagnostics)).not.toMatch(/hidden|concealed-customer/);
  });
});

test("links within a platform's folder are followed", async () => {
  const demo = join(inside, "stacks/demo");
  mkdirSync(join(demo, "shared"));
  renameSync(join(demo, "orgs/acme.yaml"), join(demo, "shared/acme.yaml"));
  symlinkSync("../shared/acme.yaml", join(demo, "orgs/acme.yaml"));
  expect(await tenantry(["validate"], { cwd: inside })).toMatchObject({ exitCode: 0 });

  rmSync(join(demo, "orgs"), { recursive: true });
  symlinkSync("shared", join(demo, "orgs"));
  expect(await tenantry(["validate", "demo.acme"], { cwd: inside })).toMatchObject({ exitCode: 0 });
});

test("a repository that is itself behind a link is read", async () => {
  symlinkSync(inside, join(outside, "checkout"));
  expect(await tenantry(["validate"], { cwd: join(outside, "checkout") })).toMatchObject({ exitCode: 0 });
});

describe("something other than a regular file or folder is an error, and never blocks", () => {
  test.each<[string, (path: string) => void]>([
    ["a pipe", (path) => execFileSync("mkfifo", [path])],
    ["a device", (path) => symlinkSync("/dev/zero", path)],
    ["a dangling link", (path) => symlinkSync("nowhere", path)],
    [
      "a huge file",
      (path) => {
        writeFileSync(path, "");
        truncateSync(path, 8 * 1024 ** 3);
      },
    ],
  ])("%s", async (_what, make) => {
    for (const path of ["stacks/demo/orgs/acme.yaml", "stacks/demo/orgs", "stacks/demo/platform.yaml"]) {
      const held = join(inside, "held");
      renameSync(join(inside, path), held);
      make(join(inside, path));
      const ran = await tenantry(["validate"], { cwd: inside });
      expect(ran.exitCode, `${path}: ${ran.stderr}`).toBe(1);
      expect(ran.stderr).not.toMatch(/^ {4}at /m);
      rmSync(join(inside, path));
      renameSync(held, join(inside, path));
    }
    expect(await tenantry(["validate"], { cwd: inside })).toMatchObject({ exitCode: 0 });
  });
});

test("the folder outside is not changed", async () => {
  const before = readdirSync(outside, { recursive: true }).sort();
  replace("stacks/demo/orgs", join(outside, "demo/orgs"));
  await everything();
  expect(readdirSync(outside, { recursive: true }).sort()).toEqual(before);
  expect(readFileSync(join(outside, "secret.yaml"), "utf8")).toBe("hiddenWord: 1\n");
});
