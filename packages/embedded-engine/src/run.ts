import { messageOf } from "@tenantry/core/errors";
import type { Deployment } from "./checkpoint.ts";
import { engineService } from "./engine-service.ts";
import { Events } from "./events.ts";
import { Flow } from "./flow.ts";
import { serve } from "./grpc.ts";
import type { DestroyOptions, RunResult, StackSpec } from "./interface.ts";
import { LateDeletions } from "./late-deletions.ts";
import { StackLock } from "./lock.ts";
import { monitorService } from "./monitor.ts";
import { withoutPreloaded } from "./node-options.ts";
import { Policies } from "./policies.ts";
import type { PrewarmedProgram } from "./prewarm-program.ts";
import { ProgramProcess } from "./program.ts";
import { type Project, readProject } from "./project.ts";
import { Providers } from "./providers.ts";
import { Redactor } from "./redactor.ts";
import { refreshResources } from "./refresh.ts";
import { Registrations } from "./registrations.ts";
import { reportFailure } from "./report-failure.ts";
import { openSalt } from "./secrets.ts";
import { ShownFailure } from "./shown-failure.ts";
import { SkippedResources } from "./skipped-resources.ts";
import { Snapshot } from "./snapshot.ts";
import { type StackConfig, stackConfig } from "./stack-config.ts";
import { stackOutputs } from "./stack-outputs.ts";
import { StackSettings } from "./stack-settings.ts";
import { StackState } from "./stack-state.ts";
import { StepExecutor } from "./step-executor.ts";
import { missingTarget, Targets } from "./targets.ts";
import { STACK_TYPE, type Urn, urnOf } from "./urn.ts";

export type RunKind = "preview" | "update" | "refresh" | "destroy";

const PARALLEL = 8;

/** One operation on one stack, from its lock to its summary. */
export class Run {
  readonly #kind: RunKind;
  readonly #spec: StackSpec;
  readonly #options: DestroyOptions;
  readonly #ahead: PrewarmedProgram | undefined;
  readonly #project: Project;
  readonly #config: StackConfig;
  readonly #state: StackState;
  readonly #events: Events;
  readonly #redactor: Redactor;
  readonly #flow: Flow;
  readonly #targets: Targets;
  readonly #left = new SkippedResources();
  #providers: Providers | undefined;
  #snapshot: Snapshot | undefined;
  #executor: StepExecutor | undefined;
  #registrations: Registrations | undefined;
  #refused = false;

  /** @throws UserError when the project, the stack's settings or the passphrase can't be used */
  static async open(
    kind: RunKind,
    spec: StackSpec,
    options: DestroyOptions,
    ahead: PrewarmedProgram | undefined,
  ): Promise<Run> {
    const project = await readProject(spec.projectFolder);
    const folder = spec.settingsFolder ?? project.settingsFolder;
    const settings = await StackSettings.read(folder, spec.stack);
    const crypter =
      settings.hasSecrets && settings.salt !== undefined
        ? await openSalt(settings.salt, spec.passphrase)
        : undefined;
    const runsProgram = kind === "preview" || kind === "update";
    const config = stackConfig(project, spec.stack, settings, crypter, runsProgram);
    const state = new StackState(spec, project, settings, folder);
    return new Run(kind, spec, options, project, config, state, ahead);
  }

  private constructor(
    kind: RunKind,
    spec: StackSpec,
    options: DestroyOptions,
    project: Project,
    config: StackConfig,
    state: StackState,
    ahead: PrewarmedProgram | undefined,
  ) {
    this.#kind = kind;
    this.#spec = spec;
    this.#options = options;
    this.#ahead = ahead;
    this.#project = project;
    this.#config = config;
    this.#state = state;
    this.#targets = new Targets(options.targets ?? [], options.targetDependents ?? false);
    this.#redactor = new Redactor();
    this.#redactor.add(spec.passphrase.reveal());
    for (const { value, secret } of config.values()) if (secret) this.#redactor.add(value);
    this.#events = new Events(options.onEvent, this.#redactor);
    const continues = (kind === "update" || kind === "destroy") && options.continueOnError === true;
    this.#flow = new Flow(continues, (error) => reportFailure(error, this.#events, this.#flow));
  }

  /** @throws UserError when the stack is locked, or its state can't be used */
  async execute(): Promise<RunResult> {
    const startTime = Math.floor(Date.now() / 1000);
    const lock = this.#writes ? await this.#lock() : undefined;
    const onAbort = () => this.#abort();
    try {
      this.#options.signal?.addEventListener("abort", onAbort, { once: true });
      if (this.#options.signal?.aborted) this.#abort();
      this.#events.prelude(blindedConfig(this.#config));
      await this.#serve();
      const result = this.#flow.failed || this.#refused ? "failed" : "succeeded";
      if (this.#writes) await this.#snapshot?.write();
      const summary = this.#events.summary(
        result,
        this.#kind === "preview",
        this.#executor?.maybeCorrupt ?? false,
      );
      if (this.#writes) await this.#addHistory(startTime, summary);
      return summary;
    } finally {
      this.#options.signal?.removeEventListener("abort", onAbort);
      await lock?.release();
    }
  }

  get #writes(): boolean {
    return this.#kind !== "preview";
  }

  get #stackUrn(): Urn {
    const { stack } = this.#spec;
    return urnOf(stack, this.#project.name, "", STACK_TYPE, `${this.#project.name}-${stack}`);
  }

  get #parallel(): number {
    return this.#options.parallel ?? PARALLEL;
  }

  #lock(): Promise<StackLock> {
    return StackLock.acquire(this.#state.backend.lockFolder(this.#spec.stack), (message) =>
      this.#events.diagnostic("warning", message, undefined),
    );
  }

  /** Starts the engine's services, does the run, and ends every process that it started. */
  async #serve(): Promise<void> {
    const engine = await serve([
      engineService((severity, message, urn) =>
        this.#events.diagnostic(severity, withoutPreloaded(message), urn),
      ),
    ]);
    const providers = new Providers(
      {
        project: this.#project,
        engine: engine.address,
        env: this.#spec.env,
        attach: this.#options.attach ?? {},
        knowledge: {
          stackOutputs: (name) => stackOutputs(name, this.#project.name, this.#spec),
          resource: (urn) => this.#registrations?.find(urn),
        },
        onCrash: (message) => this.#events.diagnostic("error", message, undefined),
      },
      this.#kind === "preview",
    );
    this.#providers = providers;
    try {
      if (this.#kind === "preview" || this.#kind === "update")
        await this.#runProgram(engine.address, providers);
      else {
        const { snapshot } = await this.#load(providers);
        this.#demandTargets((urn) => snapshot.base.some((state) => state.urn === urn));
        if (this.#kind === "refresh" || this.#options.refresh) await this.#refresh(providers);
        if (this.#kind === "destroy") await this.#delete(providers);
      }
      await this.#flow.settled();
    } finally {
      await providers.close();
      engine.close();
    }
  }

  /** Runs the program against the state, then deletes resources that it no longer declares. */
  async #runProgram(engine: string, providers: Providers): Promise<void> {
    let signalled: () => void = () => undefined;
    const registered = new Promise<void>((resolve) => {
      signalled = resolve;
    });
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    providers.startAhead();
    const policies = await this.#startPolicies(engine).catch((error: unknown) => this.#flow.fail(error));
    if (policies === undefined) return;
    const loading = this.#loadForProgram(providers, policies);
    loading.catch(() => undefined);
    const monitor = await serve([
      monitorService(this.#flow, loading, providers, () => {
        signalled();
        return released;
      }),
    ]);
    const waiting = (await this.#ahead?.take(this.#project)) ?? new ProgramProcess(this.#project);
    const program = waiting.run({
      stack: this.#spec.stack,
      config: this.#config,
      env: this.#spec.env,
      monitor: monitor.address,
      engine,
      dryRun: this.#kind === "preview",
      parallel: this.#parallel,
      onLine: (line, stream) => this.#say(line, stream),
    });
    const interrupt = () => void program.stop("SIGINT");
    this.#options.signal?.addEventListener("abort", interrupt, { once: true });
    try {
      const registrations = await loading;
      const ended = program.ended.then(({ code, signal }) => this.#judgeExit(code, signal));
      await Promise.race([registered, ended, this.#flow.stopped.catch(() => undefined)]);
      await this.#flow.settled();
      this.#refused ||= registrations.refused;
      if (!this.#flow.ended) {
        this.#demandTargets((urn) => registrations.knows(urn));
        await this.#delete(providers);
      }
      // Taken here, because a program that fails while it exits has registered all its outputs.
      const failed = this.#flow.failed || this.#refused;
      release();
      if (this.#flow.ended) await program.stop();
      await ended;
      registrations.finishStack(failed);
      if (!this.#flow.failed) await policies.judgeStack(registrations.judged, this.#stackUrn);
      this.#refused ||= policies.violated;
    } finally {
      this.#options.signal?.removeEventListener("abort", interrupt);
      await Promise.all([program.stop(), policies.close()]);
      monitor.close();
    }
  }

  #startPolicies(engine: string): Promise<Policies> {
    const host = {
      engine,
      env: this.#spec.env,
      project: this.#project.name,
      stack: this.#spec.stack,
      config: this.#config,
      tags: this.#state.backend.tags(this.#spec.stack),
      preview: this.#kind === "preview",
      onCrash: (message: string) => this.#events.diagnostic("error", message, undefined),
    };
    return Policies.start(this.#options.policyPacks ?? [], host, ({ policy, message, mandatory, urn }) =>
      this.#events.diagnostic(mandatory ? "error" : "warning", `${policy}: ${message}`, urn),
    );
  }

  async #loadForProgram(providers: Providers, policies: Policies): Promise<Registrations> {
    const { snapshot, executor } = await this.#load(providers);
    if (this.#options.refresh) await this.#refresh(providers);
    this.#registrations = new Registrations({
      stack: this.#spec.stack,
      project: this.#project.name,
      root: this.#project.root,
      programFolder: this.#project.programFolder,
      config: this.#config,
      preview: this.#kind === "preview",
      olds: snapshot.base,
      providers,
      executor,
      snapshot,
      events: this.#events,
      targets: this.#targets,
      policies,
      redactor: this.#redactor,
      flow: this.#flow,
      left: this.#left,
    });
    return this.#registrations;
  }

  async #load(providers: Providers): Promise<{ snapshot: Snapshot; executor: StepExecutor }> {
    const mustExist = this.#kind === "refresh" || this.#kind === "destroy";
    const state = await this.#state.read({ mustExist });
    if (this.#writes) await this.#state.prepareToWrite();
    for (const { inputs, outputs } of state.resources) {
      this.#redactor.addFrom(inputs);
      this.#redactor.addFrom(outputs);
    }
    const pending =
      this.#options.clearPendingCreates && this.#kind === "refresh" ? [] : state.pendingOperations;
    this.#warnOfPending(pending);
    const save = (deployment: Deployment) =>
      this.#writes ? this.#state.write(deployment) : Promise.resolve();
    const snapshot = new Snapshot({ ...state, pendingOperations: pending }, save);
    const executor = new StepExecutor({
      snapshot,
      providers,
      events: this.#events,
      redactor: this.#redactor,
      preview: this.#kind === "preview",
      parallel: this.#parallel,
      ignoreProtect: this.#options.ignoreProtect ?? false,
      ended: () => this.#flow.ended,
    });
    this.#snapshot = snapshot;
    this.#executor = executor;
    return { snapshot, executor };
  }

  async #refresh(providers: Providers): Promise<void> {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) return;
    const resources = await refreshResources(snapshot.base, {
      covers: (state) => this.#targets.covers(state),
      providerOf: (state) => providers.ensure(state.provider, snapshot.base),
      events: this.#events,
      redactor: this.#redactor,
      planning: this.#kind === "preview",
      counted: this.#kind === "refresh",
      parallel: this.#parallel,
      stopping: () => this.#flow.ended,
      failed: (step, error) => {
        this.#events.diagnostic("error", messageOf(error), step.old?.urn);
        this.#events.failed(step, this.#kind === "preview");
        this.#flow.fail(new ShownFailure("a refresh failed", { cause: error }));
      },
    });
    snapshot.rebase(resources);
  }

  /** Refuses targets that match no resource, which fails the run at the end. */
  #demandTargets(known: (urn: Urn) => boolean): void {
    for (const urn of this.#targets.missing(known)) this.#refuse(missingTarget(urn), undefined);
  }

  #refuse(message: string, urn: Urn | undefined): void {
    this.#refused = true;
    this.#events.diagnostic("error", message, urn);
  }

  /** Deletes resources that were replaced or are no longer declared, dependents first. */
  async #delete(providers: Providers): Promise<void> {
    const snapshot = this.#snapshot;
    const executor = this.#executor;
    if (snapshot === undefined || executor === undefined || this.#flow.ended) return;
    const deletions = new LateDeletions({
      ...{ snapshot, executor, providers },
      ...{ targets: this.#targets, flow: this.#flow, left: this.#left },
      parallel: this.#parallel,
    });
    const { condemned } = deletions;
    const unnamed = [...condemned].filter((state) => this.#targets.forbidsDeletion(state));
    for (const { urn } of unnamed) this.#refuse(unnamedDeletion(urn), urn);
    deletions.leaveOthers();
    if (unnamed.length === 0 || !this.#writes) await deletions.run(condemned);
  }

  #warnOfPending(pending: Deployment["pendingOperations"]): void {
    if (pending.length === 0 || this.#kind === "preview" || this.#kind === "refresh") return;
    const list = pending.map(({ resource, type }) => `  * ${resource.urn}, interrupted while ${type}`);
    this.#events.diagnostic(
      "warning",
      `Attempting to deploy or update resources with ${pending.length} pending operations from previous deployment.\n` +
        `${list.join("\n")}\n` +
        "An earlier run was interrupted during these operations, so their results are unknown. tenantry's resources are " +
        "looked up before they are created again. To clear the pending creations, run tenantry up " +
        "--clear-pending-creates, or `pulumi refresh --clear-pending-creates`.",
      undefined,
    );
  }

  /** Reports a line of the program's output, until the run has ended. After that the program only reports lost connections. */
  #say(line: string, stream: "stdout" | "stderr"): void {
    const text = withoutPreloaded(line);
    if (this.#flow.ended || (text === "" && line !== "")) return;
    this.#events.diagnostic(stream === "stdout" ? "info" : "info#err", text, undefined);
  }

  /** Evaluates the program's exit code. A program that ended by an exception has already reported it. */
  #judgeExit(code: number | null, signal: NodeJS.Signals | null): void {
    const alreadyShown = 32;
    if (code === 0 || this.#flow.ended) return;
    const how = signal === null ? `exited with non-zero exit code: ${code}` : `was ended by ${signal}`;
    this.#flow.fail(
      code === alreadyShown ? new ShownFailure("the program failed") : new Error(`Program ${how}`),
    );
  }

  #abort(): void {
    this.#flow.fail(new Error("update canceled"));
    void this.#providers?.cancel();
  }

  async #addHistory(startTime: number, summary: RunResult): Promise<void> {
    if (this.#kind === "preview") return;
    await this.#state.backend.addHistory(this.#spec.stack, {
      kind: this.#kind,
      startTime,
      message: "",
      environment: {},
      config: {},
      version: 0,
      result: summary.result,
      endTime: Math.floor(Date.now() / 1000),
      resourceChanges: summary.changes,
    });
  }
}

function blindedConfig(config: StackConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...config].map(([key, { value, secret }]) => [key, secret ? "[secret]" : value]),
  );
}

function unnamedDeletion(urn: Urn): string {
  return (
    `Resource '${urn}' will be destroyed but was not specified in --target list.\n` +
    "Either include resource in --target list or pass --target-dependents to proceed."
  );
}
