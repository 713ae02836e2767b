import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import type { RunOptions, RunResult, StackSpec } from "../../packages/embedded-engine/src/interface.ts";
import type { SandboxOptions } from "../../packages/sandbox/src/options.ts";
import { secretVariable } from "../../src/shared/secret-variable.ts";
import { type ProductSandbox, startProductSandbox } from "../product-sandbox.ts";
import { runOnce } from "./run-once.ts";

const REPOSITORY = join(import.meta.dirname, "../..");

export interface Ended {
  /** Null if the process was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A sandbox with manifests in a temporary folder, and the command line for them. */
export class World {
  readonly folder: string;
  readonly sandbox: ProductSandbox;
  /** Everything that {@link tenantry} has printed. */
  readonly printed: string[] = [];
  /** The values of the manifests' secrets, by variable. They must not occur in plain text anywhere else. */
  readonly planted: Record<string, string> = {};

  readonly #repository: string;

  private constructor(folder: string, sandbox: ProductSandbox, repository: string) {
    this.folder = folder;
    this.sandbox = sandbox;
    this.#repository = repository;
  }

  /** @param repository the folder whose program and command line run */
  static async open(
    manifests: Readonly<Record<string, string>>,
    options: Partial<SandboxOptions> = {},
    repository = REPOSITORY,
  ): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "tenantry-e2e-"));
    const sandbox = await startProductSandbox({
      folder: join(folder, "sandbox"),
      organizations: ["tiny"],
      readinessMilliseconds: 30,
      ...options,
    });
    const world = new World(folder, sandbox, repository);
    for (const [path, text] of Object.entries(manifests)) world.write(path, text);
    return world;
  }

  async close(): Promise<void> {
    await this.sandbox.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param path relative to the platforms' folder, such as `tiny/orgs/acme.yaml` */
  write(path: string, text: string): void {
    const file = join(this.folder, "stacks", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    for (const [, name = ""] of text.matchAll(/secret: "?([a-z0-9-]+)/g))
      this.planted[secretVariable(name)] ??= `planted-${name}-3f9c1d77`;
  }

  remove(path: string): void {
    rmSync(join(this.folder, "stacks", path));
  }

  /** The current position in the sandbox's log of requests, for {@link writesSince}. */
  mark(): number {
    return this.sandbox.requests().at(-1)?.sequence ?? 0;
  }

  /** All writes since then, as `service METHOD path`. */
  writesSince(mark: number): string[] {
    return this.sandbox
      .requests()
      .filter(({ sequence, write }) => sequence > mark && write)
      .map(({ service, method, path }) => `${service} ${method} ${path}`);
  }

  get environment(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? "",
      HOME: this.folder,
      CI: "true",
      NO_COLOR: "1",
      TENANTRY_STACKS: join(this.folder, "stacks"),
      TENANTRY_TODAY: "2026-11-22",
      ...this.sandbox.env,
      ...this.planted,
    };
  }

  /** The specification of one stack, to run an engine without the command line. */
  stack(name: string): StackSpec {
    const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE } = this.sandbox.env;
    return {
      projectFolder: this.#repository,
      settingsFolder: join(this.sandbox.folder, "stacks"),
      stack: name,
      backendUrl: PULUMI_BACKEND_URL,
      passphrase: new Secret(PULUMI_CONFIG_PASSPHRASE),
      env: this.environment,
    };
  }

  /**
   * Runs a stack with the engine in this process, as a fleet does.
   *
   * @param when shown with the failure, if it fails
   */
  async mustRun(
    verb: "preview" | "up",
    stack: string,
    when = "",
    options: RunOptions = {},
  ): Promise<RunResult> {
    const run = await runOnce(verb, this.stack(stack), options);
    if (run.result === "failed")
      throw new Error([when, ...run.diagnostics.map(({ message }) => message)].join("\n"));
    return run;
  }

  /** Runs a stack in a separate process, which can be killed. */
  startRun(stack: string): Running {
    const spec = this.stack(stack);
    const given = { ...spec, passphrase: spec.passphrase.reveal() };
    return this.#spawn([join(import.meta.dirname, "run-up.js"), JSON.stringify(given)]);
  }

  /** Runs `tenantry` to its end. */
  async tenantry(...args: readonly string[]): Promise<Ended> {
    const ended = await this.start(...args).ended;
    this.printed.push(ended.stdout, ended.stderr);
    return ended;
  }

  /** Starts `tenantry` as the leader of a process group, so that it can be killed with all of its children. */
  start(...args: readonly string[]): Running {
    return this.#spawn([join(this.#repository, "bin/tenantry"), ...args, `--sandbox=${this.sandbox.folder}`]);
  }

  #spawn(args: readonly string[]): Running {
    const child = spawn(process.execPath, [...args], {
      cwd: this.#repository,
      env: this.environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Running(child);
  }
}

export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** Kills the whole group with SIGKILL, so that nothing can clean up. */
  async kill(): Promise<void> {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
    await this.ended;
  }
}

/** A small platform with every feature. */
export const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: tiny
currency: usd
supabase: { organization: tiny, region: us-east-1, compute: micro }
plans:
  free: { price: { monthly: 0 }, credits: { data: 10 }, entitlements: { workspaces: 1, seats: 5, perWorkspaceAccess: true } }
  team: { price: { monthly: 49 }, credits: { data: 100 }, entitlements: { workspaces: 3, seats: 10, perWorkspaceAccess: true } }
defaultPlan: free
trial: { plan: team, days: 14, credits: { data: 50 } }
wallets:
  data: { credit: { price: 0.01 } }
security: { network: { allow: [198.51.100.0/24] } }
`;

/** An organization of it. */
export function organization(name: string, workspaces = "personal: {}"): string {
  return `apiVersion: tenantry/v1
kind: Organization
name: ${name}
plan: team
trial: true
owner: owner@${name}.example
members:
  - { email: admin@${name}.example, role: admin }
  - { email: member@${name}.example, role: member, workspaces: [personal] }
billing: { email: billing@${name}.example }
wallets:
  data: { autoReload: { below: 10, add: 100 } }
llmProvider: { kind: anthropic, apiKey: { secret: ${name}-llm } }
workspaces:
  ${workspaces}
`;
}
