import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Writable } from "node:stream";
import { startSandbox } from "@tenantry/sandbox";
import { runCommandLine } from "../cli/program.ts";
import { colorsFor } from "../cli/render/colors.ts";
import type { ExitCode, Io } from "../cli/session.ts";
import { PACKAGE_ROOT } from "../shared/package.ts";
import { type Customer, listCustomers } from "./stripe.ts";

/** Demonstrates tenantry with two platforms in a sandbox. Each step is checked, and the first failure ends the demo with exit code 1. */

class StepFailed extends Error {}

/** Commands that need no credentials. */
const OFFLINE = new Set(["validate", "plan"]);

const SHOWN = new Set(["acme", "lone-pine", "northwind", "bluebird", "mesa", "sol"]);

const colors = colorsFor(process.stdout, process.env);
const begin = performance.now();
const folder = mkdtempSync(join(tmpdir(), "tenantry-demo-"));
const stacks = join(folder, "stacks");
cpSync(join(PACKAGE_ROOT, "stacks"), stacks, { recursive: true, filter: isShown });

title("A local Supabase and Stripe");
const sandbox = await startSandbox({ folder: join(folder, "sandbox") });
try {
  print(`Supabase Management API  ${sandbox.supabaseUrl}`);
  print(`Stripe API               ${sandbox.stripeUrl}`);
  await demo();
  title(`Done in ${Math.round((performance.now() - begin) / 1000)} s`);
  print("Try it yourself: npm run tenantry -- up --sandbox stacks/agntdata");
} catch (error) {
  print(colors.red(`\n${error instanceof StepFailed ? error.message : (error as Error).stack}`));
  process.exitCode = 1;
} finally {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  title("Create two platforms from their YAML");
  await tenantry(0, "validate");
  await tenantry(0, "up", "--yes");

  title("A second up changes nothing");
  sandbox.clearRequests();
  await tenantry(0, "up", "--yes");
  const writes = sandbox.requests().filter(({ write }) => write).length;
  print(`writes to Supabase, Stripe and PostgreSQL: ${writes}`);
  demand(writes === 0, "a second up must not write");

  title("A pull request adds a workspace and removes a member. Its plan needs no credentials");
  git("init", "--quiet", "--initial-branch=main");
  commit();
  edit("agntdata/orgs/northwind.yaml", (yaml) =>
    yaml.replace(/^ {2}- \{ email: edith.*\n/m, "").concat("  client-contoso: { region: eu-central-1 }\n"),
  );
  await tenantry(2, "plan", "--since", "main");

  title("After the merge: apply the stacks that it changed");
  await tenantry(0, "up", "--yes", "--since", "main");
  commit();

  title("Verify isolation: test every caller against every table, then roll back");
  await tenantry(0, "verify", "--matrix", "agntdata.northwind");

  title("A pull request that revokes all API keys of a workspace is refused");
  const whole = edit("agntdata/orgs/acme.yaml", (yaml) =>
    yaml.replace(/^ {4}apiKeys: .*$/m, "    apiKeys: {}"),
  );
  await tenantry(1, "plan", "--since", "main");
  edit("agntdata/orgs/acme.yaml", () => whole);

  title("A workspace removed from the YAML is not deleted");
  edit("agntdata/orgs/northwind.yaml", (yaml) => yaml.replace(/^ {2}client-contoso.*\n/m, ""));
  await tenantry(1, "up", "--yes", "agntdata.northwind");

  title("Customers in Stripe");
  const customers = await listCustomers(sandbox.env.STRIPE_API_BASE, sandbox.env.STRIPE_API_KEY);
  showCustomers(customers);
  demand(customers.length === SHOWN.size, "each of the six organizations is one customer");
}

/** Three organizations of each platform show every feature and keep the demo short. */
function isShown(path: string): boolean {
  return dirname(path).endsWith("orgs") ? SHOWN.has(basename(path, ".yaml")) : true;
}

function showCustomers(customers: readonly Customer[]): void {
  showTable(
    ["customer", "organization", "price", "status", "collection", "trial ends"],
    customers.map((each) => [
      each.name,
      each.organization,
      each.price,
      each.status,
      each.collection,
      each.trialEnd,
    ]),
  );
}

function showTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  print(colors.bold(line(head)));
  for (const row of rows) print(line(row));
}

async function tenantry(expected: ExitCode, ...args: readonly string[]): Promise<void> {
  print(colors.dim(`$ tenantry ${args.join(" ")}\n`));
  const isOffline = OFFLINE.has(args[0] ?? "");
  const withSandbox = isOffline ? args : [...args, `--sandbox=${sandbox.folder}`];
  const code = await runCommandLine(withSandbox, io());
  demand(code === expected, `tenantry ${args.join(" ")} exited with ${code}, expected ${expected}`);
}

/** A non-interactive terminal for the demo. */
function io(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: withoutProgress(),
    env: { ...process.env, CI: "true", TENANTRY_STACKS: stacks, TENANTRY_TODAY: "2026-11-22" },
    cwd: folder,
    onInterrupt: (listener) => {
      process.once("SIGINT", listener);
      return () => process.off("SIGINT", listener);
    },
    exit: (code) => process.exit(code),
  };
}

/** Omits the progress of each stack, because the reports show the result. */
function withoutProgress(): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const lines = chunk.toString().split("\n");
      process.stdout.write(lines.filter((line) => !/^\[[\w.-]+\] /.test(line)).join("\n"), () => done());
    },
  });
}

/** Changes a manifest. Returns its former text. */
function edit(manifest: string, change: (yaml: string) => string): string {
  const file = join(stacks, manifest);
  const before = readFileSync(file, "utf8");
  writeFileSync(file, change(before));
  return before;
}

/** Runs git without the settings and the hooks of the person who runs the demo. */
function git(...args: readonly string[]): void {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  const author = { GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@acme.example" };
  const committer = { GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@acme.example" };
  const none = { GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const env = { ...Object.fromEntries(own), ...author, ...committer, ...none };
  execFileSync("git", args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
}

function commit(): void {
  git("add", "stacks");
  git("commit", "--quiet", "--message", "Change the manifests");
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new StepFailed(message);
}

function title(text: string): void {
  print(
    `\n${colors.bold(colors.cyan(`━━ ${text} `))}${colors.cyan("━".repeat(Math.max(2, 100 - text.length)))}\n`,
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
