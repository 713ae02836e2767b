import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import grpc from "@grpc/grpc-js";
import type { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { AnalyzeResponse, RemediateResponse } from "@pulumi/pulumi/proto/analyzer_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { parse } from "yaml";
import { UserError } from "../../core/errors.ts";
import { call, isStatus, MESSAGE_OPTIONS } from "./grpc.ts";
import { launch } from "./plugin.ts";
import { fromStruct, type PropertyMap, toStruct } from "./property-value.ts";
import type { ResourceState } from "./resource-state.ts";
import { nameOf } from "./urn.ts";

/** What a policy has against a resource, or against the stack. */
export interface Violation {
  readonly policy: string;
  readonly message: string;
  /** Whether the run must not go on with it. */
  readonly mandatory: boolean;
  /** Empty for the stack as a whole. */
  readonly urn: string;
}

export interface Remediated {
  readonly inputs: PropertyMap;
  /** Remedies that could not be made. */
  readonly violations: readonly Violation[];
}

const READY_MS = 10_000;

/** A pack of policies (CrossGuard), in a process of its own, behind Pulumi's gRPC protocol. */
export class PolicyPack {
  readonly #client: AnalyzerClient;
  readonly #stop: () => Promise<void>;

  private constructor(client: AnalyzerClient, stop: () => Promise<void>) {
    this.#client = client;
    this.#stop = stop;
  }

  /**
   * @param folder with PulumiPolicy.yaml
   * @throws UserError when it is no policy pack for Node.js, or its packages are not installed
   */
  static async start(
    folder: string,
    host: {
      readonly engine: string;
      readonly env: Readonly<Record<string, string>>;
      readonly onCrash: (message: string) => void;
    },
  ): Promise<PolicyPack> {
    const root = resolve(folder);
    const command = [process.execPath, await runnerOf(root), host.engine, root];
    // The runner reads the pack's version from its working directory.
    const { child, port } = launch(`The policy pack ${folder}`, command, { cwd: root, ...host });
    try {
      const client = new services.AnalyzerClient(
        `127.0.0.1:${await port}`,
        grpc.credentials.createInsecure(),
        MESSAGE_OPTIONS,
      );
      await call<void>((callback) =>
        client.waitForReady(Date.now() + READY_MS, (error) => callback((error ?? null) as null, undefined)),
      );
      return new PolicyPack(client, child.stop);
    } catch (cause) {
      await child.stop();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`policy pack ${JSON.stringify(folder)} failed to start: ${reason}`, { cause });
    }
  }

  /** A resource's inputs with the pack's remedies made. */
  async remediate(wanted: ResourceState, provider: ResourceState | undefined): Promise<Remediated> {
    const message = requestOf(wanted, wanted.inputs, provider);
    let response: RemediateResponse;
    try {
      response = await call<RemediateResponse>((callback) => this.#client.remediate(message, callback));
    } catch (error) {
      if (isStatus(error, grpc.status.UNIMPLEMENTED)) return { inputs: wanted.inputs, violations: [] };
      throw error;
    }
    const remedies = response.getRemediationsList();
    const made = remedies.filter((remedy) => remedy.getDiagnostic() === "").at(-1);
    return {
      inputs: made === undefined ? wanted.inputs : fromStruct(made.getProperties()),
      violations: remedies
        .filter((remedy) => remedy.getDiagnostic() !== "")
        .map((remedy) => ({
          policy: remedy.getPolicyname(),
          message: remedy.getDiagnostic(),
          mandatory: false,
          urn: wanted.urn,
        })),
    };
  }

  /** What the pack has against a resource before anything is done about it. */
  async analyze(wanted: ResourceState, provider: ResourceState | undefined): Promise<readonly Violation[]> {
    const message = requestOf(wanted, withoutInternal(wanted.inputs), provider);
    const response = await call<AnalyzeResponse>((callback) => this.#client.analyze(message, callback));
    return violationsOf(response, wanted.urn);
  }

  /** What the pack has against the stack as it has become. */
  async analyzeStack(states: readonly ResourceState[]): Promise<readonly Violation[]> {
    const message = new messages.AnalyzeStackRequest();
    message.setResourcesList(states.map((state) => stackResourceOf(state, states)));
    try {
      const response = await call<AnalyzeResponse>((callback) =>
        this.#client.analyzeStack(message, callback),
      );
      return violationsOf(response, "");
    } catch (error) {
      if (isStatus(error, grpc.status.UNIMPLEMENTED)) return [];
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#stop();
    this.#client.close();
  }
}

async function runnerOf(root: string): Promise<string> {
  const file = join(root, "PulumiPolicy.yaml");
  if (!existsSync(file))
    throw new UserError(`There is no PulumiPolicy.yaml in ${root}.`, {
      remedy: "Name the folder of a policy pack.",
    });
  const { runtime } = (parse(await readFile(file, "utf8")) ?? {}) as { runtime?: string | { name: string } };
  const name = typeof runtime === "object" ? runtime.name : runtime;
  if (name !== "nodejs")
    throw new UserError(`The embedded engine runs policy packs for Node.js only, not for ${name}.`, {
      remedy: "Use the Pulumi CLI for this pack: --engine cli.",
    });
  try {
    return createRequire(join(root, "package.json")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  } catch (cause) {
    throw new UserError(`The packages of the policy pack ${root} are not installed.`, {
      remedy: "Run npm ci where its package.json is.",
      cause,
    });
  }
}

function requestOf(
  state: ResourceState,
  properties: PropertyMap,
  provider: ResourceState | undefined,
): InstanceType<typeof messages.AnalyzeRequest> {
  const message = new messages.AnalyzeRequest();
  message.setUrn(state.urn);
  message.setType(state.type);
  message.setName(nameOf(state.urn));
  message.setProperties(toStruct(properties));
  message.setOptions(optionsOf(state));
  if (provider !== undefined) message.setProvider(providerOf(provider));
  return message;
}

function stackResourceOf(
  state: ResourceState,
  states: readonly ResourceState[],
): InstanceType<typeof messages.AnalyzerResource> {
  const message = new messages.AnalyzerResource();
  message.setUrn(state.urn);
  message.setType(state.type);
  message.setName(nameOf(state.urn));
  message.setProperties(toStruct(withoutInternal(state.outputs)));
  message.setOptions(optionsOf(state));
  message.setParent(state.parent);
  message.setDependenciesList([...state.dependencies]);
  for (const [key, urns] of Object.entries(state.propertyDependencies)) {
    if (urns.length === 0) continue;
    const dependencies = new messages.AnalyzerPropertyDependencies();
    dependencies.setUrnsList([...urns]);
    message.getPropertydependenciesMap().set(key, dependencies);
  }
  const provider = states.find(({ urn, id }) => state.provider === `${urn}::${id}`);
  if (provider !== undefined) message.setProvider(providerOf(provider));
  return message;
}

function optionsOf(state: ResourceState): InstanceType<typeof messages.AnalyzerResourceOptions> {
  const options = new messages.AnalyzerResourceOptions();
  options.setProtect(state.protect);
  options.setIgnorechangesList([...state.ignoreChanges]);
  options.setAdditionalsecretoutputsList([...state.additionalSecretOutputs]);
  options.setParent(state.parent);
  const timeouts = new messages.AnalyzerResourceOptions.CustomTimeouts();
  timeouts.setCreate(state.customTimeouts.create);
  timeouts.setUpdate(state.customTimeouts.update);
  timeouts.setDelete(state.customTimeouts.delete);
  options.setCustomtimeouts(timeouts);
  return options;
}

function providerOf(state: ResourceState): InstanceType<typeof messages.AnalyzerProviderResource> {
  const provider = new messages.AnalyzerProviderResource();
  provider.setUrn(state.urn);
  provider.setType(state.type);
  provider.setName(nameOf(state.urn));
  provider.setProperties(toStruct(withoutInternal(state.inputs)));
  return provider;
}

/** What providers keep for themselves is no policy's business. */
function withoutInternal(properties: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !key.startsWith("__")));
}

function violationsOf(response: AnalyzeResponse, urn: string): readonly Violation[] {
  const { MANDATORY, REMEDIATE } = messages.EnforcementLevel;
  return response.getDiagnosticsList().map((diagnostic) => {
    const level = diagnostic.getEnforcementlevel();
    return {
      policy: diagnostic.getPolicyname(),
      message: diagnostic.getMessage(),
      // What is still wrong after its remedy was made is as bad as without one.
      mandatory: level === MANDATORY || level === REMEDIATE,
      urn: diagnostic.getUrn() || urn,
    };
  });
}
