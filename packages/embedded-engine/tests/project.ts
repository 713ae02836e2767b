import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { embeddedEngine } from "../src/engine.ts";
import type { Engine, EngineEvent, RunOptions, RunResult, StackSpec } from "../src/interface.ts";

/** The test provider, compiled to JavaScript because nearly every test starts it. */
const PROVIDER = transpileModule(readFileSync(new URL("./provider.ts", import.meta.url), "utf8"), {
  compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
}).outputText;
/** Where programs find the SDK. */
const SCRATCH = resolve(import.meta.dirname, "../../../node_modules/.cache/tenantry-engine-tests");

export const PASSPHRASE = "a passphrase of the tests";

/** The prelude of every program: the resources of the test provider. */
const PRELUDE = `
const pulumi = require("@pulumi/pulumi");
class Thing extends pulumi.CustomResource {
  constructor(name, inputs, options) {
    super("test:index:Thing", name, { ...inputs, size: undefined, secretly: undefined }, options);
  }
}
class Provider extends pulumi.ProviderResource {
  constructor(name, inputs, options) { super("test", name, inputs, options); }
}
class Group extends pulumi.ComponentResource {
  constructor(name, options) { super("test:index:Group", name, {}, options); }
}
`;

/** A Pulumi project in its own folder, with its backend and the world of the test provider. */
export class TestProject {
  readonly folder: string;
  readonly world: string;
  readonly backend: string;
  /** The test provider's plugin. */
  readonly executable: string;
  readonly #engine: Engine;
  #program = "";

  constructor(settings = "", engine: Engine = embeddedEngine()) {
    this.#engine = engine;
    mkdirSync(SCRATCH, { recursive: true });
    this.folder = mkdtempSync(join(SCRATCH, "project-"));
    this.world = join(this.folder, "world");
    this.backend = join(this.folder, "backend");
    mkdirSync(this.world);
    mkdirSync(this.backend);
    this.executable = join(this.folder, "bin/pulumi-resource-test");
    mkdirSync(dirname(this.executable));
    writeFileSync(this.executable, '#!/usr/bin/env node\nimport("./provider.mjs");\n', { mode: 0o755 });
    writeFileSync(join(this.folder, "bin/provider.mjs"), PROVIDER);
    writeFileSync(
      join(this.folder, "Pulumi.yaml"),
      [
        "name: trial",
        "runtime: { name: nodejs, options: { typescript: false } }",
        "main: index.js",
        "stackConfigDir: settings",
        "plugins: { providers: [ { name: test, path: bin } ] }",
        settings,
      ].join("\n"),
    );
    writeFileSync(join(this.folder, "package.json"), '{ "type": "commonjs" }');
    this.write("");
  }

  /** The program that was last written. */
  get program(): string {
    return this.#program;
  }

  write(body: string): void {
    this.#program = body;
    writeFileSync(join(this.folder, "index.js"), `${PRELUDE}\n${body}\n`);
  }

  spec(stack = "dev"): StackSpec {
    return {
      projectFolder: this.folder,
      stack,
      backendUrl: `file://${this.backend}`,
      passphrase: new Secret(PASSPHRASE),
      env: { TEST_WORLD: this.world },
    };
  }

  preview(options?: RunOptions): Promise<RunResult> {
    return this.#engine.preview(this.spec(), options);
  }

  up(body?: string, options?: RunOptions): Promise<RunResult> {
    if (body !== undefined) this.write(body);
    return this.#engine.up(this.spec(), options);
  }

  refresh(options?: RunOptions & { clearPendingCreates?: boolean }): Promise<RunResult> {
    return this.#engine.refresh(this.spec(), options);
  }

  destroy(options?: RunOptions & { ignoreProtect?: boolean }): Promise<RunResult> {
    return this.#engine.destroy(this.spec(), options);
  }

  outputs(): Promise<Readonly<Record<string, unknown>> | undefined> {
    return this.#engine.outputs(this.spec());
  }

  /** Sets the faults from now on, by operation and name: `{ "create a": "fail" }`. */
  fault(faults: Readonly<Record<string, string>>): void {
    writeFileSync(join(this.world, "faults.json"), JSON.stringify(faults));
  }

  get stateFile(): string {
    return join(this.backend, ".pulumi/stacks/trial/dev.json");
  }

  /** The content of the state file. */
  get stateText(): string {
    return existsSync(this.stateFile) ? readFileSync(this.stateFile, "utf8") : "";
  }

  state(): State {
    const { latest } = JSON.parse(this.stateText).checkpoint;
    return { resources: latest.resources ?? [], pending: latest.pending_operations ?? [] };
  }

  /** The state of the resource with a name. */
  resource(name: string): StateResource | undefined {
    return this.state().resources.find(({ urn, delete: dead }) => urn.endsWith(`::${name}`) && !dead);
  }

  /** Returns the provider's operations in order, such as `create a`, and clears them. */
  calls(): readonly string[] {
    const file = join(this.world, "calls.jsonl");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    rmSync(file);
    return lines
      .map((line) => JSON.parse(line) as { call: string; name: string })
      .filter(({ call }) => call !== "configure" && call !== "cancel")
      .map(({ call, name }) => `${call} ${name}`);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface State {
  readonly resources: readonly StateResource[];
  readonly pending: readonly { readonly type: string; readonly resource: StateResource }[];
}

interface StateResource {
  readonly urn: string;
  readonly id?: string;
  readonly type: string;
  readonly delete?: boolean;
  readonly protect?: boolean;
  readonly external?: boolean;
  readonly importID?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
  readonly provider?: string;
}

/** Collects the events of a run. */
export function recorder(): {
  readonly events: EngineEvent[];
  readonly onEvent: (event: EngineEvent) => void;
} {
  const events: EngineEvent[] = [];
  return { events, onEvent: (event) => events.push(event) };
}
