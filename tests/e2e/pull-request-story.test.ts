import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ran, tenantry } from "../cli/command-line.ts";
import { Repository } from "../git-repository.ts";
import { World } from "./harness.ts";

/*
 * Four pull requests, as their authors, reviewers and CI see them: `authorize` and `plan` without credentials, then `preview`,
 * and `up` after the merge (docs/pull-requests.md, docs/guards.md).
 */

const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: tiny
currency: usd
supabase: { organization: tiny, region: us-east-1, compute: micro }
maintainers:
  - { email: sam@tiny.example, github: sam }
  - { email: lin@tiny.example, github: lin }
plans:
  free: { price: { monthly: 0 }, entitlements: { workspaces: 3, seats: 10, rpm: 60 } }
defaultPlan: free
cost:
  perOrganization: { infrastructure: { increase: 20 } }
security: { network: { allow: [198.51.100.0/24] } }
`;

const MEMBERS = ["grace", "alan", "edsger", "barbara", "donald", "leslie", "tony"];

const ORGANIZATION = `apiVersion: tenantry/v1
kind: Organization
name: acme
plan: free
owner: ada@acme.example
workspaces:
  production:
    apiKeys: { ci: {}, web: {} }
  spike: {}
members:
${MEMBERS.map((name) => `  - { email: ${name}@acme.example, role: member }\n`).join("")}`;

const PLATFORM_PATH = "stacks/tiny/platform.yaml";
const ACME = "stacks/tiny/orgs/acme.yaml";
const LOSS = "deletes the workspace and its database";

let world: World;
let repository: Repository;

beforeAll(async () => {
  world = await World.open({ "tiny/platform.yaml": PLATFORM, "tiny/orgs/acme.yaml": ORGANIZATION });
  const { exitCode, stdout, stderr } = await onSandbox("up", "--yes");
  expect(exitCode, stdout + stderr).toBe(0);
  repository = Repository.with({ ".gitignore": "sandbox/\ncomment.md\npage.html\n" }, world.folder);
}, 240_000);

afterAll(() => world?.close());

test("a change that deletes data needs a maintainer's review, says what is lost, and deletes only that", async () => {
  const deleted = merged(ACME).replace("  spike: {}", "  spike: { state: deleted }");
  propose("delete-spike", { [ACME]: deleted });
  const refused = await plan();
  expect(refused.exitCode).toBe(1);
  expect(refused.comment).toContain("has no consent");

  const consent = `consents:
  - { delete: acme/spike, reason: the trial is over, approvedBy: sam@tiny.example, expires: 2026-12-31 }
`;
  propose("delete-spike", { [ACME]: deleted.replace("members:\n", `${consent}$&`) });
  expect(await authorize("ada", "lin")).toMatchObject({ exitCode: 1 });
  expect(await authorize("sam", "sam")).toMatchObject({ exitCode: 1 });
  expect(await authorize("ada", "sam")).toMatchObject({ exitCode: 0 });
  const planned = await plan();
  const mark = world.mark();
  const previewed = await commentOf(onSandbox, "preview", "--since", "main");
  expect(world.writesSince(mark)).toEqual([]);
  for (const { exitCode, comment } of [planned, previewed]) {
    expect(exitCode).toBe(2);
    expect(comment).toMatch(/^<!-- tenantry:plan -->\n/);
    expect(comment).toContain(LOSS);
    expect(comment.indexOf(LOSS), "before the details").toBeLessThan(comment.indexOf("<details>"));
  }

  const before = await projects();
  const { exitCode, comment } = await merge();
  expect(exitCode).toBe(0);
  expect(comment).toMatch(/^<!-- tenantry:up -->\n/);
  const gone = before.filter((name) => name.includes("spike"));
  expect(gone).toHaveLength(1);
  expect(await projects()).toEqual(before.filter((name) => !gone.includes(name)));
});

test("a change that raises the cost above the limit is refused, and can't raise the limit for itself", async () => {
  const withCompute = (size: string) => merged(ACME).replace("  production:\n", `$&    compute: ${size}\n`);
  propose("larger", { [ACME]: withCompute("medium") });
  expect(await authorize("grace")).toMatchObject({ exitCode: 0 });
  const refused = await plan();
  expect(refused.exitCode).toBe(1);
  expect(refused.comment).toMatch(/raises infrastructure by 50 usd a month.*above the limit of 20 usd/);

  const generous = PLATFORM.replace("increase: 20", "increase: 500");
  propose("larger", { [ACME]: withCompute("medium"), [PLATFORM_PATH]: generous });
  expect((await plan()).exitCode).toBe(1);
  expect(await authorize("grace")).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("cost") });

  propose("larger", { [ACME]: withCompute("small") });
  const planned = await plan();
  expect(planned.exitCode).toBe(2);
  expect(planned.comment).toMatch(/micro → small/);
  expect(planned.comment).toMatch(/\| 10 → 15 \| \+5 \|/);
  expect((await merge()).exitCode).toBe(0);
  expect((await plan()).exitCode).toBe(0);
});

test("a change that loses half of a file is refused, and nothing is written", async () => {
  const lines = merged(ACME).split("\n");
  const lost = ["edsger", "barbara", "donald", "leslie", "tony"];
  const from = lines.findIndex((line) => line.includes("edsger"));
  const end = lines.slice(0, from).join("\n").concat("\n");
  // The marker says that the file is complete, so its end isn't in question.
  const middle = lines.toSpliced(from, lost.length).join("\n").concat("...\n");
  for (const [text, reason] of [
    [end, /ends in `members`, and 5 entries of it are missing/],
    [middle, /removes 5 of 8 people/],
  ] as const) {
    propose("lost", { [ACME]: text });
    expect(await authorize("alan")).toMatchObject({ exitCode: 0 });
    const { exitCode, comment } = await plan();
    expect(exitCode).toBe(1);
    for (const name of lost) expect(comment).toContain(name);
    const mark = world.mark();
    const { exitCode: applied, stdout, stderr } = await onSandbox("up", "--yes");
    expect(applied).toBe(1);
    expect(stdout + stderr).toMatch(reason);
    expect(world.writesSince(mark)).toEqual([]);
  }
  // Keys that are lost as a whole are no longer managed, and what exists stays.
  const half = lines.slice(0, lines.indexOf("members:")).join("\n").concat("\n");
  propose("lost", { [ACME]: half });
  const { exitCode, comment } = await plan();
  expect(exitCode).toBe(2);
  expect(comment).toContain("no longer managed");
});

test("an exception isn't approved by a maintainer who didn't review it, whatever the change itself declares", async () => {
  const limits =
    "limits: { rpm: { value: 5000, reason: a launch, approvedBy: lin@tiny.example, expires: 2026-12-31 } }\n";
  const exception = { [ACME]: merged(ACME) + limits };
  propose("override", exception);
  const refused = await authorize("eve", "sam");
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain("lin (lin@tiny.example) hasn't approved the change");

  propose("override", { ...exception, [PLATFORM_PATH]: PLATFORM.replace("github: lin", "github: kim") });
  expect(await authorize("eve", "kim")).toMatchObject({ exitCode: 1 });

  propose("override", exception);
  expect(await authorize("eve", "lin")).toMatchObject({ exitCode: 0 });
  expect((await plan()).exitCode).toBe(2);
  expect((await merge()).exitCode).toBe(0);
});

/** A file of the branch `main`. */
function merged(path: string): string {
  return `${repository.git("show", `main:${path}`)}\n`;
}

/** Commits files to a new branch. */
function propose(branch: string, files: Readonly<Record<string, string>>): void {
  repository.git("checkout", "--quiet", "--force", "-B", branch, "main");
  repository.write(files);
  repository.commit();
}

/** Merges the branch, and applies it as CI does. */
function merge(): Promise<Commented> {
  const branch = repository.git("branch", "--show-current");
  repository.git("checkout", "--quiet", "main");
  repository.git("merge", "--quiet", "--no-ff", "--message", "Merge", branch);
  return commentOf(onSandbox, "up", "--yes", "--since", "HEAD^1");
}

interface Commented extends Ran {
  readonly comment: string;
}

function plan(): Promise<Commented> {
  return commentOf(withoutCredentials, "plan", "--since", "main");
}

async function commentOf(run: typeof onSandbox, ...args: readonly string[]): Promise<Commented> {
  const ran = await run(...args, "--markdown", "comment.md", "--html", "page.html");
  return { ...ran, comment: readFileSync(join(world.folder, "comment.md"), "utf8") };
}

function authorize(actor: string, ...reviewers: readonly string[]): Promise<Ran> {
  return withoutCredentials("authorize", "--since", "main", "--actor", actor, "--approved-by", ...reviewers);
}

async function projects(): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${world.sandbox.env.SUPABASE_ACCESS_TOKEN}` };
  const response = await fetch(`${world.sandbox.supabaseUrl}/v1/projects`, { headers });
  return ((await response.json()) as { readonly name: string }[]).map(({ name }) => name);
}

async function withoutCredentials(...args: readonly string[]): Promise<Ran> {
  const { PATH = "", TENANTRY_STACKS = "", TENANTRY_TODAY = "" } = world.environment;
  const before = world.mark();
  const ran = await tenantry(args, { cwd: world.folder, env: { PATH, TENANTRY_STACKS, TENANTRY_TODAY } });
  expect(world.mark(), "no request to a vendor").toBe(before);
  return ran;
}

function onSandbox(...args: readonly string[]): Promise<Ran> {
  return tenantry([...args, `--sandbox=${world.sandbox.folder}`], {
    cwd: world.folder,
    env: world.environment,
  });
}
