import type grpc from "@grpc/grpc-js";
import { engineService } from "./engine-service.ts";
import { Events } from "./events.ts";
import { Flow } from "./flow.ts";
import type { EngineEvent, RunResult } from "./interface.ts";
import { LateDeletions } from "./late-deletions.ts";
import { monitorService } from "./monitor.ts";
import { Policies } from "./policies.ts";
import { ORGANIZATION, type Project } from "./project.ts";
import type { Provider } from "./provider.ts";
import { Providers } from "./providers.ts";
import { Redactor } from "./redactor.ts";
import { Registrations } from "./registrations.ts";
import { reportFailure } from "./report-failure.ts";
import type { ResourceState } from "./resource-state.ts";
import { type LocalClients, runInSdk } from "./sdk-process.ts";
import { SkippedResources } from "./skipped-resources.ts";
import { Snapshot } from "./snapshot.ts";
import { StepExecutor } from "./step-executor.ts";
import { Targets } from "./targets.ts";

export type { PropertyMap } from "./property-value.ts";
export type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DiffRequest,
  DiffResult,
  PropertyDiff,
  Provider,
  UpdateRequest,
} from "./provider.ts";
export type { ResourceState } from "./resource-state.ts";

/** One run of a program in this process. Nothing is read from, or written to, a backend. */
export interface InlineRun {
  readonly kind: "preview" | "update";
  readonly stack: string;
  /** The name of the Pulumi project. */
  readonly project: string;
  /** The recorded resources that the program is compared with. */
  readonly state: readonly ResourceState[];
  /** The provider of a package. Every package that the program uses must have one. */
  readonly provide: (packageName: string) => Provider;
  /** Declares the resources and returns the outputs of the stack. */
  readonly program: () => Promise<Record<string, unknown>>;
  readonly onEvent?: (event: EngineEvent) => void;
}

/** The result of a run in this process. */
export interface InlineResult extends RunResult {
  /** The resources after the run. */
  readonly state: readonly ResourceState[];
}

const PARALLEL = 8;

/** Runs a program against a state in memory, with providers in this process. It opens no connection and starts no process. */
export async function runInline({ kind, stack, project, ...run }: InlineRun): Promise<InlineResult> {
  const preview = kind === "preview";
  const redactor = new Redactor();
  const events = new Events(run.onEvent, redactor);
  const flow: Flow = new Flow(false, (error) => reportFailure(error, events, flow));
  const [targets, left] = [new Targets([], false), new SkippedResources()];
  const providers = new Providers(hostOf(project, run.provide, events), preview);
  const snapshot = new Snapshot({ resources: run.state, pendingOperations: [] }, async () => undefined);
  const executor = new StepExecutor({
    ...{ snapshot, providers, events, redactor, preview, parallel: PARALLEL },
    ignoreProtect: false,
    ended: () => flow.ended,
  });
  const registrations = new Registrations({
    ...{ stack, project, root: ROOT, programFolder: ROOT, config: new Map(), preview, olds: snapshot.base },
    ...{ providers, executor, snapshot, events, targets, redactor, flow, left },
    policies: new Policies([], preview, () => undefined),
  });
  const deleteOthers = async () => {
    const deletions = new LateDeletions({
      ...{ snapshot, executor, providers, targets, flow, left, parallel: PARALLEL },
    });
    deletions.leaveOthers();
    await deletions.run(deletions.condemned);
  };

  events.prelude({});
  const clients = clientsOf(flow, registrations, providers, events);
  const options = { project, stack, organization: ORGANIZATION, preview };
  await flow.run(() => Promise.race([runInSdk(run.program, options, clients), flow.stopped])).catch(reported);
  await flow.settled();
  if (!flow.ended) await deleteOthers();
  await flow.settled();
  registrations.finishStack(flow.failed);
  await providers.close();
  const result = flow.failed || registrations.refused ? "failed" : "succeeded";
  return { ...events.summary(result, preview, executor.maybeCorrupt), state: snapshot.deployment.resources };
}

/** No file is read from it: the program declares no asset. */
const ROOT = "/";

function hostOf(name: string, provide: InlineRun["provide"], events: Events) {
  const project: Project = {
    ...{ name, root: ROOT, programFolder: ROOT, entryPoint: ".", settingsFolder: ROOT },
    ...{ typescript: false, tsconfig: undefined, nodeArgs: [], plugins: new Map(), config: new Map() },
  };
  return {
    ...{ project, engine: "", env: {}, attach: {}, provide },
    knowledge: {
      stackOutputs: (stack: string) =>
        Promise.reject(new Error(`the outputs of the stack ${stack} aren't known without a state`)),
      resource: () => undefined,
    },
    onCrash: (message: string) => events.diagnostic("error", message, undefined),
  };
}

/** The services of the engine as clients that the SDK calls directly. */
function clientsOf(
  flow: Flow,
  registrations: Registrations,
  providers: Providers,
  events: Events,
): LocalClients {
  const [, monitor] = monitorService(flow, Promise.resolve(registrations), providers, async () => undefined);
  const [, engine] = engineService((severity, message, urn) => events.diagnostic(severity, message, urn));
  return { monitor: clientOf(monitor), engine: clientOf(engine) };
}

type Callback = (error: unknown, response?: unknown) => void;
type Handler = (call: { readonly request: unknown }, callback: Callback) => void;

function clientOf(service: grpc.UntypedServiceImplementation): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(service).map(([name, handler]) => [
      name,
      (request: unknown, callback: Callback) =>
        // The handlers use nothing else of a call.
        (handler as unknown as Handler)({ request }, callback),
    ]),
  );
}

/** The flow has reported the failure. */
function reported(): void {}
