import { join } from "node:path";
import type { Attached, Engine } from "@tenantry/embedded-engine/interface";
import type { RunningSandbox } from "@tenantry/sandbox";
import { secretNames } from "../model/secret-names.ts";
import { secretVariable } from "../shared/secret-variable.ts";
import { Connections, type Context } from "../vendors/connections.ts";
import { type Ask, askVia } from "./ask.ts";
import { buildStacks, type Common, specOf } from "./build-stacks.ts";
import { programDigest } from "./digest.ts";
import { type Environment, readEnvironment, type Variables } from "./environment.ts";
import type { FleetStack } from "./fleet.ts";
import type { LoadedSelection } from "./load.ts";
import { projectFolder } from "./project.ts";
import { SharedProvider } from "./provider.ts";
import { findRenames, withRecordedNames } from "./renames.ts";
import { openSandbox } from "./sandbox.ts";

export interface OpenOptions {
  readonly cwd: string;
  readonly env: Variables;
  readonly engine: Engine;
  /** The folder of a sandbox to join or start; undefined for the real vendors. */
  readonly sandbox: string | undefined;
  /** `vendors` when the run calls Supabase and Stripe, `state` when it only reads recorded state. */
  readonly reach: "vendors" | "state";
  readonly today: string;
  readonly signal: AbortSignal;
  /** Receives the progress messages of resources, with the name of their stack. */
  readonly onStatus: (stack: string, message: string) => void;
}

/** Stacks that are ready to run, with their engine and provider. */
export interface OpenFleet {
  /** Knows each stack by the name of its organization, also before a renamed one's stack is renamed. */
  readonly engine: Engine;
  readonly stacks: readonly FleetStack[];
  /** The provider that all stacks share, by package; undefined when nothing runs. */
  readonly attach: Attached | undefined;
  /** What a run reaches beside its stacks. */
  readonly context: Context;
  /** Asks vendors and databases what a plan tells beside the engine's events; undefined when nothing runs. */
  readonly ask: Ask | undefined;
  close(): Promise<void>;
}

/** Opens a fleet of manifests without errors: sandbox, environment, engine, stacks and their shared provider. */
export async function openFleet(
  loaded: readonly LoadedSelection[],
  options: OpenOptions,
): Promise<OpenFleet> {
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  const { engine, reach, env: variables, signal, onStatus } = options;
  try {
    const sandbox = await openSandbox(loaded, options);
    if (sandbox !== undefined) closing.push(() => sandbox.stop());
    const common = commonOf(loaded, sandbox, options);
    const env = { ...variables, ...common.environment.vendors };
    const provider = reach === "state" ? undefined : new SharedProvider({ env, signal, onStatus });
    if (provider !== undefined) closing.push(() => provider.close());
    const stacks = await findStacks(loaded, engine, common);
    const connections = new Connections(env, signal);
    closing.push(() => connections.close());
    const context = connections.context("write", { signal, status: () => {} });
    const ask =
      reach === "state" ? undefined : askVia(connections.context("look", { signal, status: () => {} }));
    return {
      ...{ engine: withRecordedNames(engine, stacks), stacks, context, ask, close },
      attach: provider && { tenantry: provider.address },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function commonOf(
  loaded: readonly LoadedSelection[],
  sandbox: RunningSandbox | undefined,
  { cwd, env, reach, today }: OpenOptions,
): Common {
  const environment = readEnvironment({ ...env, ...sandbox?.env }, reach);
  const project = projectFolder(cwd);
  return {
    projectFolder: project,
    settingsFolder: sandbox === undefined ? undefined : join(sandbox.folder, "stacks"),
    environment: sandbox === undefined ? environment : withLocalSecrets(environment, loaded),
    today,
    program: reach === "vendors" ? programDigest(project) : undefined,
  };
}

async function findStacks(
  loaded: readonly LoadedSelection[],
  engine: Engine,
  common: Common,
): Promise<FleetStack[]> {
  const { projectFolder, environment } = common;
  const { backendUrl, vendors } = environment;
  const existing = await engine.stacks({ projectFolder, backendUrl, env: vendors });
  const stacks: FleetStack[] = [];
  for (const each of loaded) {
    const read = (stack: string) => engine.resources(specOf(each, stack, common));
    stacks.push(...buildStacks(each, existing, await findRenames(each, existing, read), common));
  }
  return stacks;
}

/** A sandbox needs no real secrets, so secrets without a value get a local one. */
function withLocalSecrets(environment: Environment, loaded: readonly LoadedSelection[]): Environment {
  const names = loaded.flatMap(({ organizations }) => organizations).flatMap(secretNames);
  const local = names.map((name) => [secretVariable(name), `local value of ${name}`]);
  return { ...environment, vendors: { ...Object.fromEntries(local), ...environment.vendors } };
}
