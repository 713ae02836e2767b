import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import grpc from "@grpc/grpc-js";
import type { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { AnalyzeResponse, AnalyzerInfo, RemediateResponse } from "@pulumi/pulumi/proto/analyzer_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import { messageOf, UserError } from "@tenantry/core/errors";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { parse } from "yaml";
import { call, isStatus, MESSAGE_OPTIONS } from "./grpc.ts";
import type { PolicyPackSource } from "./interface.ts";
import { launch } from "./plugin.ts";
import { readPolicyConfig } from "./policy-config.ts";
import { type Judged, requestOf, stackResourceOf, withoutInternal } from "./policy-messages.ts";
import { settingsOf } from "./policy-settings.ts";
import { configVariables } from "./program.ts";
import { ORGANIZATION } from "./project.ts";
import { fromStruct, type PropertyMap } from "./property-value.ts";
import type { StackConfig } from "./stack-config.ts";
import type { Urn } from "./urn.ts";

/** A violation of a policy by a resource or by the stack. */
export interface Violation {
  readonly policy: string;
  readonly message: string;
  /** Whether it fails the run. */
  readonly mandatory: boolean;
  readonly urn: Urn;
}

export interface Remediated {
  readonly inputs: PropertyMap;
  /** Remediations that failed. */
  readonly violations: readonly Violation[];
}

/** What a pack needs to know about the run. */
export interface PackHost {
  /** The engine's address. */
  readonly engine: string;
  readonly env: Readonly<Record<string, string>>;
  readonly project: string;
  readonly stack: string;
  readonly config: StackConfig;
  /** The stack's tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly preview: boolean;
  /** Called when a pack ends unexpectedly, with its last output. */
  readonly onCrash: (message: string) => void;
}

const READY_MS = 10_000;

/** A policy pack (CrossGuard) in a separate process, which speaks Pulumi's gRPC protocol. */
export class PolicyPack {
  readonly #client: AnalyzerClient;
  readonly #stop: () => Promise<void>;

  private constructor(client: AnalyzerClient, stop: () => Promise<void>) {
    this.#client = client;
    this.#stop = stop;
  }

  /**
   * @throws UserError when the folder isn't a policy pack for Node.js, its packages aren't installed, or its configuration is
   * invalid
   */
  static async start({ folder, config }: PolicyPackSource, host: PackHost): Promise<PolicyPack> {
    const root = resolve(folder);
    const command = [process.execPath, await runnerOf(root), host.engine, root];
    const { child, port } = launch(`The policy pack ${folder}`, command, {
      // The runner reads the pack's version from its working directory.
      cwd: root,
      env: environmentOf(host),
      onCrash: host.onCrash,
    });
    try {
      const client = await connect(await port);
      const pack = new PolicyPack(client, child.stop);
      await pack.#tellStack(host);
      await pack.#set(config);
      return pack;
    } catch (cause) {
      await child.stop();
      if (cause instanceof UserError) throw cause;
      const reason = messageOf(cause);
      throw new Error(`policy pack ${JSON.stringify(folder)} failed to start: ${reason}`, { cause });
    }
  }

  async #tellStack({ project, stack, config, tags, preview }: PackHost): Promise<void> {
    const message = new messages.AnalyzerStackConfigureRequest();
    message.setOrganization(ORGANIZATION);
    message.setProject(project);
    message.setStack(stack);
    message.setDryRun(preview);
    for (const [name, value] of Object.entries(tags)) message.getTagsMap().set(name, value);
    for (const [key, { value }] of config) message.getConfigMap().set(key, value);
    message.setConfigSecretKeysList([...config].filter(([, { secret }]) => secret).map(([key]) => key));
    try {
      await call((callback) => this.#client.configureStack(message, callback));
    } catch (error) {
      if (!isStatus(error, grpc.status.UNIMPLEMENTED)) throw error;
    }
  }

  /** Configures the pack's policies: by their defaults, then by the pack, then by a file. */
  async #set(config: string | undefined): Promise<void> {
    const info = await call<AnalyzerInfo>((callback) =>
      this.#client.getAnalyzerInfo(new empty.Empty(), callback),
    );
    if (!info.getSupportsconfig()) {
      if (config === undefined) return;
      throw new UserError(`The policy pack ${info.getName()} doesn't support a configuration file.`, {
        remedy: "Update its @pulumi/policy, or omit --policy-pack-config.",
      });
    }
    const given = config === undefined ? undefined : await readPolicyConfig(resolve(config));
    const message = new messages.ConfigureAnalyzerRequest();
    for (const [policy, { level, properties }] of settingsOf(info, given)) {
      const setting = new messages.PolicyConfig();
      setting.setEnforcementlevel(level);
      setting.setProperties(struct.Struct.fromJavaScript(properties));
      message.getPolicyconfigMap().set(policy, setting);
    }
    await call((callback) => this.#client.configure(message, callback));
  }

  /** The inputs of a resource after the pack's remediations. */
  async remediate(judged: Judged): Promise<Remediated> {
    const { inputs, urn } = judged.state;
    const message = requestOf(judged, inputs);
    let response: RemediateResponse;
    try {
      response = await call<RemediateResponse>((callback) => this.#client.remediate(message, callback));
    } catch (error) {
      if (isStatus(error, grpc.status.UNIMPLEMENTED)) return { inputs, violations: [] };
      throw error;
    }
    const remedies = response.getRemediationsList();
    const made = remedies.filter((remedy) => remedy.getDiagnostic() === "").at(-1);
    return {
      inputs: made === undefined ? inputs : fromStruct(made.getProperties()),
      violations: remedies
        .filter((remedy) => remedy.getDiagnostic() !== "")
        .map((remedy) => ({
          policy: remedy.getPolicyname(),
          message: remedy.getDiagnostic(),
          mandatory: false,
          urn,
        })),
    };
  }

  /** Checks a resource before any operation on it. */
  async analyze(judged: Judged): Promise<readonly Violation[]> {
    const message = requestOf(judged, withoutInternal(judged.state.inputs));
    const response = await call<AnalyzeResponse>((callback) => this.#client.analyze(message, callback));
    return violationsOf(response, () => judged.state.urn);
  }

  /**
   * Checks the stack at the end of the run.
   *
   * @param stack the stack's URN, to which violations without a known resource are attributed
   */
  async analyzeStack(judged: readonly Judged[], stack: Urn): Promise<readonly Violation[]> {
    const message = new messages.AnalyzeStackRequest();
    message.setResourcesList(judged.map(stackResourceOf));
    const known = new Set(judged.map(({ state }) => state.urn));
    try {
      const response = await call<AnalyzeResponse>((callback) =>
        this.#client.analyzeStack(message, callback),
      );
      return violationsOf(response, (urn) => (known.has(urn) ? urn : stack));
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

async function connect(port: string): Promise<AnalyzerClient> {
  const address = `127.0.0.1:${port}`;
  const client = new services.AnalyzerClient(address, grpc.credentials.createInsecure(), MESSAGE_OPTIONS);
  await call<void>((callback) =>
    client.waitForReady(Date.now() + READY_MS, (error) => callback((error ?? null) as null, undefined)),
  );
  return client;
}

/** The environment of a pack's code, with the same variables as a program's. */
function environmentOf({ env, config, project, stack, preview }: PackHost): Record<string, string> {
  return {
    ...env,
    ...configVariables(config),
    PULUMI_NODEJS_ORGANIZATION: ORGANIZATION,
    PULUMI_NODEJS_PROJECT: project,
    PULUMI_NODEJS_STACK: stack,
    PULUMI_NODEJS_DRY_RUN: String(preview),
  };
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
    throw new UserError(`The packages of the policy pack ${root} aren't installed.`, {
      remedy: "Run npm ci in the folder of its package.json.",
      cause,
    });
  }
}

function violationsOf(response: AnalyzeResponse, about: (urn: Urn) => Urn): readonly Violation[] {
  const { MANDATORY, REMEDIATE } = messages.EnforcementLevel;
  return response.getDiagnosticsList().map((diagnostic) => {
    const level = diagnostic.getEnforcementlevel();
    return {
      policy: diagnostic.getPolicyname(),
      message: diagnostic.getMessage(),
      // A violation that remains after remediation counts like any other.
      mandatory: level === MANDATORY || level === REMEDIATE,
      urn: about(diagnostic.getUrn()),
    };
  });
}
