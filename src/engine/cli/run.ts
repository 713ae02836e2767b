import { join } from "node:path";
import type {
  Attached,
  DestroyOptions,
  EngineDiagnostic,
  EngineEvent,
  RunResult,
  StackSpec,
} from "@tenantry/embedded-engine/interface";
import { Redactor } from "@tenantry/embedded-engine/redactor";
import { settingsFileName } from "@tenantry/embedded-engine/settings-file";
import { StackSettings, sharedSalt } from "@tenantry/embedded-engine/stack-settings";
import { argumentsOf, type Kind } from "./arguments.ts";
import { backendExists, isCloud, makeBackend } from "./backend.ts";
import { environmentOf } from "./environment.ts";
import { openEventStream } from "./event-stream.ts";
import { EventReader } from "./events.ts";
import { endingOf, refusalOf, withRemedy } from "./failure.ts";
import type { Project } from "./project.ts";
import type { Ended, Pulumi } from "./pulumi.ts";
import { Scratch } from "./scratch.ts";
import { exportStack, hasKeeper, saltOf } from "./state.ts";

/** One operation on one stack with the CLI. */
export class Run {
  readonly #pulumi: Pulumi;
  readonly #kind: Kind;
  readonly #project: Project;
  readonly #spec: StackSpec;
  readonly #options: DestroyOptions;
  readonly #settingsFolder: string;
  readonly #reader = new EventReader();
  readonly #redactor = new Redactor();
  readonly #diagnostics: EngineDiagnostic[] = [];
  #summary: EngineEvent["summaryEvent"];

  constructor(pulumi: Pulumi, kind: Kind, project: Project, spec: StackSpec, options: DestroyOptions) {
    this.#pulumi = pulumi;
    this.#kind = kind;
    this.#project = project;
    this.#spec = spec;
    this.#options = options;
    this.#settingsFolder = spec.settingsFolder ?? project.settingsFolder;
    this.#redactor.add(spec.passphrase.reveal());
  }

  /** @throws UserError when the stack is missing or locked, or the passphrase or the backend can't be used */
  async execute(): Promise<RunResult> {
    const begin = performance.now();
    const scratch = new Scratch();
    try {
      const ended = this.#kind === "preview" ? await this.#preview(scratch) : await this.#change(scratch);
      const failed = endingOf(ended.code) !== "succeeded";
      if (failed) this.#explain(ended);
      return {
        result: failed ? "failed" : "succeeded",
        changes: this.#summary?.resourceChanges ?? {},
        diagnostics: this.#diagnostics,
        durationSeconds: (performance.now() - begin) / 1000,
      };
    } finally {
      scratch.remove();
    }
  }

  /** Previews without writing: a new stack gets a temporary backend and settings in the scratch folder. */
  async #preview(scratch: Scratch): Promise<Ended> {
    const exists = backendExists(this.#spec.backendUrl);
    const complete = isCloud(this.#spec.backendUrl) || (await this.#settings()).namesKeeper;
    if (exists) {
      const settings = complete ? this.#settingsFolder : await this.#completeCopy(scratch);
      const ended = await this.#start(this.#spec.backendUrl, settings);
      if (endingOf(ended.code) !== "stack not found") return ended;
    }
    const settings = (await this.#settings()).namesKeeper
      ? this.#settingsFolder
      : await this.#completeCopy(scratch);
    return this.#start(await scratch.backendWithEmptyStack(this.#project, this.#spec.stack), settings);
  }

  async #change(scratch: Scratch): Promise<Ended> {
    const { backendUrl } = this.#spec;
    if (this.#kind === "up") await makeBackend(backendUrl);
    if (!isCloud(backendUrl)) await this.#completeSettings();
    const ended = await this.#start(backendUrl, this.#settingsFolder);
    if (this.#kind !== "up" || endingOf(ended.code) !== "stack not found") return ended;
    const made = await this.#makeStack(scratch);
    return endingOf(made.code) === "succeeded" ? this.#start(backendUrl, this.#settingsFolder) : made;
  }

  #settings(): Promise<StackSettings> {
    return StackSettings.read(this.#settingsFolder, this.#spec.stack);
  }

  /** Copies the settings and adds the fleet's salt. Without a salt, the CLI would generate one and save it. */
  async #completeCopy(scratch: Scratch): Promise<string> {
    const copy = await scratch.copySettings(this.#settingsFolder, this.#spec.stack);
    const settings = await StackSettings.read(copy, this.#spec.stack);
    await settings.addSalt((await sharedSalt(this.#settingsFolder, this.#spec.passphrase)).salt);
    return copy;
  }

  /** Adds a missing salt to the settings: the salt in the state, or the fleet's for a new stack. */
  async #completeSettings(): Promise<void> {
    const settings = await this.#settings();
    if (settings.namesKeeper) return;
    const exported = await exportStack(this.#pulumi, this.#project, this.#spec, "blind");
    // The CLI reports the missing stack.
    if (exported === undefined && this.#kind !== "up") return;
    const known = exported === undefined ? undefined : saltOf(exported);
    if (exported !== undefined && known === undefined && hasKeeper(exported)) return;
    await settings.addSalt(known ?? (await sharedSalt(this.#settingsFolder, this.#spec.passphrase)).salt);
  }

  async #makeStack(scratch: Scratch): Promise<Ended> {
    const { stack, settingsFolder } = this.#spec;
    const cwd =
      settingsFolder === undefined
        ? this.#project.root
        : await scratch.projectWithSettings(this.#project, settingsFolder);
    const env = environmentOf(this.#spec);
    return this.#pulumi.run(["stack", "init", stack, "--no-select"], { cwd, env });
  }

  async #start(backendUrl: string, settingsFolder: string): Promise<Ended> {
    const { stack } = this.#spec;
    const events = await openEventStream((line) => this.#take(line));
    try {
      const configFile = join(settingsFolder, settingsFileName(stack));
      const args = argumentsOf(this.#kind, { stack, configFile, eventLog: events.url }, this.#options);
      const attach = await addressesOf(this.#options.attach ?? {});
      const ended = await this.#pulumi.run(args, {
        cwd: this.#project.root,
        env: environmentOf({ ...this.#spec, backendUrl }, attach),
        signal: this.#options.signal,
      });
      await events.drained();
      return ended;
    } finally {
      events.close();
    }
  }

  #take(line: string): void {
    const event = this.#reader.read(line);
    if (event === undefined) return;
    if (event.summaryEvent !== undefined) this.#summary = event.summaryEvent;
    const diagnosticEvent = event.diagnosticEvent && this.#note(event.diagnosticEvent);
    this.#options.onEvent?.(diagnosticEvent === undefined ? event : { ...event, diagnosticEvent });
  }

  #note({ severity, message, urn }: EngineDiagnostic): EngineDiagnostic {
    const noted = { severity, message: this.#redactor.redact(withRemedy(message)), urn };
    if (severity === "error" || severity === "warning") this.#diagnostics.push(noted);
    return noted;
  }

  /** Makes sure that a failed run has an error: from its events, else from the CLI's standard error. */
  #explain({ code, stderr, stdout }: Ended): void {
    const ending = endingOf(code);
    const refusal = refusalOf(this.#spec, ending, stderr);
    if (refusal !== undefined) throw refusal;
    if (this.#diagnostics.some(({ severity }) => severity === "error")) return;
    const said = (stderr.trim() || stdout.trim() || ending).replace(/^error: /, "");
    const message = this.#redactor.redact(withRemedy(said));
    this.#diagnostics.push({ severity: "error", message, urn: undefined });
  }
}

async function addressesOf(attached: Attached): Promise<Readonly<Record<string, string>>> {
  const known = Object.entries(attached).map(async ([name, address]) => [name, await address] as const);
  return Object.fromEntries(await Promise.all(known));
}
