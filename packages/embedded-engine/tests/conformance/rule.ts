import type { DestroyOptions, RunOptions } from "../../src/interface.ts";

/**
 * Rules of the engines by name. Each is a short history of one stack, which both engines run from the same start.
 *
 * The name of a rule determines the file of its recorded result.
 */
export type Rules = Readonly<Record<string, readonly Step[]>>;

/** A step changes something and runs one operation. */
export interface Step {
  readonly operation: "preview" | "up" | "refresh" | "destroy";
  /** The program from now on. */
  readonly program?: string;
  /** The stack's configuration from now on; `{ secret: … }` is kept encrypted. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
  /** The faults of this step, by operation and resource name: `{ "create a": "fail" }`. */
  readonly faults?: Readonly<Record<string, string>>;
  /** The programs of other stacks of the project by name, which are applied first. */
  readonly others?: Readonly<Record<string, string>>;
  /** Tags of the stack that are set first. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The policy packs from now on, by name: the arguments of `new PolicyPack` after the name. */
  readonly packs?: Readonly<Record<string, string>>;
  /** The configuration files of the packs from now on, by pack. */
  readonly packConfigs?: Readonly<Record<string, string>>;
  /** Files next to the program from now on, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Changes outside the stack before the step: resources by id, and null for deleted ones. */
  readonly meanwhile?: Readonly<Record<string, object | null>>;
  readonly options?: Pick<
    RunOptions,
    "refresh" | "clearPendingCreates" | "targets" | "targetDependents" | "continueOnError"
  > &
    Pick<DestroyOptions, "ignoreProtect">;
  /** Whether the engine starts the provider. Otherwise it uses a running one, which is faster. */
  readonly plugin?: boolean;
}

type ConfigValue = string | { readonly secret: string };

type Circumstances = Omit<Step, "operation" | "program">;

export function up(program?: string, circumstances: Circumstances = {}): Step {
  return { operation: "up", ...(program !== undefined && { program }), ...circumstances };
}

export function preview(program?: string, circumstances: Circumstances = {}): Step {
  return { operation: "preview", ...(program !== undefined && { program }), ...circumstances };
}

export function refresh(circumstances: Circumstances = {}): Step {
  return { operation: "refresh", ...circumstances };
}

export function destroy(circumstances: Circumstances = {}): Step {
  return { operation: "destroy", ...circumstances };
}

/** Whether the provider kills the engine during this step. */
export function isKilled({ faults = {} }: Step): boolean {
  return Object.values(faults).some((fault) => fault.startsWith("kill"));
}
