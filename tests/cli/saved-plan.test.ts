import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry } from "./command-line.ts";

const ACME = "stacks/demo/orgs/acme.yaml";
const DEMO = "stacks/demo/platform.yaml";
const ONE_WORKSPACE = ORGANIZATION.replace(", staging: {}", "");

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;

beforeAll(async () => {
  folder = folderWith({
    "Pulumi.yaml": readFileSync("Pulumi.yaml", "utf8").replace("main: infra", `main: ${process.cwd()}/infra`),
    [DEMO]: PLATFORM,
    [ACME]: ONE_WORKSPACE,
  });
  sandbox = await startProductSandbox({
    folder: join(folder.path, ".tenantry/sandbox"),
    readinessMilliseconds: 1,
  });
  expect((await run("up", "--yes")).exitCode).toBe(0);
});

afterAll(async () => {
  await sandbox.stop();
  folder.remove();
});

const run = (...args: string[]) => tenantry([...args, "--sandbox"], { cwd: folder.path });
const write = (file: string, text: string) => writeFileSync(join(folder.path, file), text);
/** Writes to the vendors; the delivery of access is no part of a stack. */
const writes = () =>
  sandbox.requests().filter(({ write, path }) => write && !/^(with due as|commit)/.test(path)).length;

test("applies the saved changes without a question, once", async () => {
  write(ACME, `${ONE_WORKSPACE}displayName: Acme Inc.\n`);
  const preview = await run("preview", "--save", "plan.json");
  expect(preview.stderr).toContain("tenantry up --plan plan.json");
  expect(preview.exitCode).toBe(2);
  expect(readFileSync(join(folder.path, "plan.json"), "utf8")).not.toContain("Acme Inc.");

  const up = await run("up", "--plan", "plan.json", "--markdown", "up.md", "--html", "up.html");
  expect(up.exitCode).toBe(0);
  const forms = ["up.md", "up.html"].map((file) => readFileSync(join(folder.path, file), "utf8"));
  for (const form of forms) expect(form).toContain("Applied: 1 change");
  expect(forms[0]).toMatch(/^<!-- tenantry:up -->\n/);
  expect(up.stdout).toContain("demo.acme");

  const count = writes();
  const again = await run("up", "--plan", "plan.json");
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toMatch(/demo\.acme: the customer in Stripe \S+ no longer changes/);
  expect(writes()).toBe(count);
});

test.each([
  {
    title: "a manifest",
    change: () => write(ACME, ONE_WORKSPACE.replace("production", "production: {}, other")),
    said: "demo.acme: its manifests changed",
  },
  {
    title: "the platform",
    change: () => write(DEMO, PLATFORM.replace("rpm: 60", "rpm: 61")),
    said: "demo.platform: its manifests changed",
  },
  {
    title: "a manifest that has errors now",
    change: () => write(ACME, ONE_WORKSPACE.replace("owner", "owners")),
    said: "unknown key",
  },
  {
    title: "the project's code",
    change: () => write("extra.ts", "export {};\n"),
    said: "the project's code or a policy pack changed",
  },
])("refuses a plan after a change of $title, and writes nothing", async ({ change, said }) => {
  write(DEMO, PLATFORM);
  write(ACME, `${ONE_WORKSPACE}displayName: Acme plc\n`);
  expect((await run("preview", "--save", "plan.json")).exitCode).toBe(2);
  const count = writes();
  change();
  const up = await run("up", "--plan", "plan.json");
  expect([up.exitCode, up.stderr]).toEqual([1, expect.stringContaining(said)]);
  expect(writes()).toBe(count);
});

test("doesn't save a plan of a stack that fails", async () => {
  write(DEMO, PLATFORM);
  write(ACME, ONE_WORKSPACE.replace("production", "renamed"));
  const preview = await run("preview", "--save", "refused.json");
  expect(preview.exitCode).toBe(1);
  expect(preview.stderr).toContain("The plan wasn't saved, because demo.acme failed");
  expect(() => readFileSync(join(folder.path, "refused.json"))).toThrow("ENOENT");
});

test("refuses an id of a comment that could end the comment of HTML", async () => {
  for (const id of ["a-->", "a--b", "", "-a", "a b", "x".repeat(65)]) {
    const preview = await run("preview", "--markdown", "plan.md", `--comment-id=${id}`);
    expect([preview.exitCode, preview.stderr]).toEqual([1, expect.stringContaining("--comment-id")]);
  }
});

test.each([
  ["a file that isn't there", ["--plan", "none.json"], "can't be read"],
  ["a file that isn't a plan", ["--plan", ACME], "isn't a plan that this version"],
  ["targets beside the plan", ["demo.acme", "--plan", "plan.json"], "--plan takes no targets"],
])("refuses %s", async (_, args, said) => {
  const up = await run("up", ...args);
  expect([up.exitCode, up.stderr]).toEqual([1, expect.stringContaining(said)]);
});
