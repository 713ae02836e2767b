import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FleetReport } from "../../src/fleet/report.ts";
import { preview } from "../../src/library/preview.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { folderWith, ORGANIZATION, PLATFORM, tenantry, tenantryAsked } from "./command-line.ts";

const ACME = "stacks/demo/orgs/acme.yaml";
const TODAY = "2026-11-22";
const EMAILS = ["ben", "cleo", "dan", "eve", "finn"].map((name) => `${name}@acme.example`);
const ONE_WORKSPACE = ORGANIZATION.replace(", staging: {}", "");
const withMembers = (emails: readonly string[]) =>
  `${ONE_WORKSPACE}members: [${emails.map((email) => `{ email: ${email}, role: member, workspaces: [production] }`).join(", ")}]\n`;
const withConsent = (text: string, emails: readonly string[], expires: string) =>
  `${text}consents: [{ remove: { members: [${emails.join(", ")}] }, reason: they left, approvedBy: sam@demo.example, expires: ${expires} }]\n`;

let folder: ReturnType<typeof folderWith>;
let sandbox: ProductSandbox;

beforeAll(async () => {
  folder = folderWith({
    "Pulumi.yaml": readFileSync("Pulumi.yaml", "utf8").replace("main: infra", `main: ${process.cwd()}/infra`),
    "stacks/demo/platform.yaml": PLATFORM,
    [ACME]: withMembers(EMAILS),
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

const run = (...args: string[]) => runOn(TODAY, ...args);
const runOn = (today: string, ...args: string[]) =>
  tenantry([...args, "--sandbox"], { cwd: folder.path, env: { TENANTRY_TODAY: today } });
const write = (text: string) => writeFileSync(join(folder.path, ACME), text);
/** Writes to the vendors; the delivery of access is no part of a stack. */
const writes = () =>
  sandbox.requests().filter(({ write, path }) => write && !/^(with due as|commit)/.test(path)).length;

const PLAN_THEN_GUARDS = new RegExp(
  [
    "- removes 5 people\\n",
    "1 refused",
    "\\n\\nGuards\\n",
    " {2}refused: demo\\.acme removes 5 of 6 people; at most 3 need no consent\\n",
    "ben@acme\\.example: no consent\\n",
    "add to `consents` in orgs/acme\\.yaml:\\n",
    " +- remove:\\n +members:\\n +- ben@acme\\.example\\n",
  ].join("[\\s\\S]*"),
);

test("a preview prints the whole plan, then the refusal, and exits with 1", async () => {
  write(withMembers([]));
  const { exitCode, stdout } = await run("preview");
  expect(stdout).toMatch(PLAN_THEN_GUARDS);
  expect(exitCode).toBe(1);
});

test.each([
  ["with --yes", () => run("up", "--yes")],
  [
    "where it could ask",
    () =>
      tenantryAsked(["up", "--sandbox"], { cwd: folder.path, env: { TENANTRY_TODAY: TODAY } }, () => {
        throw new Error("it asked");
      }),
  ],
])("an up %s prints the same, and changes nothing", async (_, up) => {
  write(withMembers([]));
  const count = writes();
  const { exitCode, stdout } = await up();
  expect(stripVTControlCharacters(stdout)).toMatch(PLAN_THEN_GUARDS);
  expect([exitCode, writes()]).toEqual([1, count]);
});

test("the JSON of an up has the decision, and the library gives the same", async () => {
  write(withConsent(withMembers([]), EMAILS.slice(1), "2026-12-01"));
  const json = JSON.parse((await run("up", "--yes", "--json")).stdout) as FleetReport;
  const library = await preview([], {
    cwd: folder.path,
    env: { ...process.env, TENANTRY_TODAY: TODAY },
    sandbox: join(folder.path, ".tenantry/sandbox"),
  });
  for (const { ok, plan, stacks } of [json, library]) {
    expect(ok).toBe(false);
    expect(stacks.find(({ stack }) => stack === "demo.acme")?.outcome).toBe("refused");
    expect(plan.guards).toMatchObject([
      {
        verdict: "refused",
        kind: "members",
        organization: "acme",
        total: 6,
        most: 3,
        refuses: ["demo.acme"],
      },
    ]);
    expect(plan.guards[0]?.remedies[0]?.yaml).toContain("- ben@acme.example\n  reason");
  }
});

test("a saved plan is applied while its consent is valid, and refused after it", async () => {
  write(withConsent(withMembers([]), EMAILS, "2026-12-01"));
  const saved = await run("preview", "--save", "plan.json");
  expect([saved.exitCode, saved.stdout]).toEqual([
    2,
    expect.stringMatching(/Guards\n {2}consented: demo\.acme removes 5 of 6 people\n.*approved by sam@demo/),
  ]);
  const count = writes();
  const late = await runOn("2026-12-02", "up", "--plan", "plan.json");
  expect(late.stdout).toContain("the consent of sam@demo.example expired on 2026-12-01");
  expect([late.exitCode, writes()]).toEqual([1, count]);
  const up = await run("up", "--plan", "plan.json");
  expect([up.exitCode, up.stderr]).toEqual([0, expect.any(String)]);
});
