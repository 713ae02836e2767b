import { Secret } from "@tenantry/core/secret";
import type {
  Engine,
  EngineEvent,
  ResourceView,
  RunOptions,
  RunResult,
} from "../../packages/embedded-engine/src/interface.ts";
import type { FleetStack } from "../../src/fleet/fleet.ts";
import { guardPolicy } from "../../src/guards/policy.ts";
import type { OrganizationModel } from "../../src/model/model.ts";
import { ended, planned, said, step, view } from "../changes/events.ts";

/** The behavior of stacks in a test, by name. By default, a stack has one resource to create. */
export interface Script {
  readonly unchanged?: readonly string[];
  /** Stacks with one resource to delete. */
  readonly deleting?: readonly string[];
  /** Stacks whose run warns. */
  readonly warning?: readonly string[];
  /** Stacks whose run fails with an error of the engine. */
  readonly failing?: readonly string[];
  /** Stacks for which the engine throws. */
  readonly throwing?: Readonly<Record<string, Error>>;
  readonly recorded?: Readonly<Record<string, readonly ResourceView[]>>;
  /** The revision of all recorded stacks. */
  readonly revision?: string;
  /** By stack; over `revision`. */
  readonly revisions?: Readonly<Record<string, string | undefined>>;
  /** Shared by several engines. */
  readonly tags?: Map<string, Readonly<Record<string, string>>>;
  /** Called during a run, which waits for it. */
  readonly during?: (verb: string, stack: string, options?: RunOptions) => Promise<void>;
}

/** An engine that follows a script and logs its calls, to test the order of runs. */
export function scriptedEngine(script: Script = {}) {
  const log: string[] = [];
  const tags = script.tags ?? new Map<string, Readonly<Record<string, string>>>();
  const run = async (verb: string, stack: string, options?: RunOptions): Promise<RunResult> => {
    log.push(`${verb} ${stack}`);
    await script.during?.(verb, stack, options);
    const thrown = script.throwing?.[stack];
    if (thrown !== undefined) throw thrown;
    for (const event of eventsOf(verb, stack, script)) options?.onEvent?.(event);
    log.push(`end ${verb} ${stack}`);
    const failed = script.failing?.includes(stack) === true;
    return { result: failed ? "failed" : "succeeded", changes: {}, diagnostics: [], durationSeconds: 0 };
  };
  const engine: Engine = {
    name: "embedded",
    preview: (spec, options) => run("preview", spec.stack, options),
    up: (spec, options) => run("up", spec.stack, options),
    refresh: (spec, options) => run("refresh", spec.stack, options),
    destroy: (spec, options) => run("destroy", spec.stack, options),
    outputs: async () => undefined,
    resources: async (spec) => script.recorded?.[spec.stack],
    revision: async ({ stack }) =>
      script.revisions !== undefined && stack in script.revisions
        ? script.revisions[stack]
        : script.recorded?.[stack] === undefined
          ? undefined
          : (script.revision ?? "1"),
    tags: async ({ stack }) => tags.get(stack) ?? {},
    setTag: async ({ stack }, name, value) => void tags.set(stack, { ...tags.get(stack), [name]: value }),
    rename: async (spec, name) => void log.push(`rename ${spec.stack} ${name}`),
    stacks: async () => Object.keys(script.recorded ?? {}),
    close: async () => {},
  };
  return { engine, log };
}

function eventsOf(verb: string, stack: string, script: Script): EngineEvent[] {
  if (script.failing?.includes(stack)) return [said("error", `${stack} is out of order`)];
  const resource = view("tenantry:stripe:Customer", stack, { id: "cus_1" });
  if (script.warning?.includes(stack)) return [said("warning", "an earlier run was cut")];
  if (script.unchanged?.includes(stack)) return [planned(step("same", resource, resource))];
  const metadata = script.deleting?.includes(stack)
    ? step("delete", resource, null)
    : step("create", null, resource);
  return [verb === "preview" ? planned(metadata) : ended(metadata)];
}

/** A fleet of platforms with organizations: `{ agntdata: ["acme", "beta"] }`. */
export function fleetOf(platforms: Readonly<Record<string, readonly string[]>>): FleetStack[] {
  return Object.entries(platforms).flatMap(([platform, organizations]) => [
    stackOf(platform, null),
    ...organizations.map((organization) => stackOf(platform, organization)),
  ]);
}

export function stackOf(platform: string, organization: string | null, declared = true): FleetStack {
  const stack = `${platform}.${organization ?? "platform"}`;
  const model = {
    ...{ name: organization, stack, plan: { name: "team" }, state: "active" },
    ...{ members: {}, workspaces: {}, consents: [], openEnd: [], defaultStates: [] },
  } as unknown as OrganizationModel;
  return {
    spec: {
      projectFolder: "/none",
      stack,
      backendUrl: "file:///none",
      passphrase: new Secret("none"),
      env: {},
    },
    platform,
    organization,
    model: organization !== null && declared ? model : null,
    plans: {},
    guards: guardPolicy(undefined, "2026-11-22"),
    digest: organization === null || declared ? `digest of ${stack}` : undefined,
  };
}
