import type { DestroyOptions, RunOptions } from "../../src/interface.ts";

/**
 * Rules of the engine by name: each is a small history of one stack, run from the same start on either engine.
 *
 * A name is a sentence, and names the file of the kept result.
 */
export type Rules = Readonly<Record<string, readonly Step[]>>;

/** Something changes, and one operation runs. */
export interface Step {
  readonly operation: "preview" | "up" | "refresh" | "destroy";
  /** The program from now on. */
  readonly program?: string;
  /** The stack's configuration from now on; `{ secret: … }` is kept encrypted. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
  /** What goes wrong in this step, by operation and resource name: `{ "create a": "fail" }`. */
  readonly faults?: Readonly<Record<string, string>>;
  /** Other stacks of the project by name, which are brought up before, each from a program of its own. */
  readonly others?: Readonly<Record<string, string>>;
  /** The stack's tags that are set before. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The policy packs from now on by name: what `new PolicyPack` is given after the name. */
  readonly packs?: Readonly<Record<string, string>>;
  /** Files that set the packs' policies from now on, by the packs' names. */
  readonly packConfigs?: Readonly<Record<string, string>>;
  /** Files beside the program from now on, by their paths. */
  readonly files?: Readonly<Record<string, string>>;
  /** What somebody else did to the world before: things by id, and null for what is gone. */
  readonly meanwhile?: Readonly<Record<string, object | null>>;
  readonly options?: Pick<
    RunOptions,
    "refresh" | "clearPendingCreates" | "targets" | "targetDependents" | "continueOnError"
  > &
    Pick<DestroyOptions, "ignoreProtect">;
  /** The provider is a process of the engine's own. Otherwise the engine joins the one that runs, which is quicker. */
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

/** The provider kills the engine in the middle of this step. */
export function isKilled({ faults = {} }: Step): boolean {
  return Object.values(faults).some((fault) => fault.startsWith("kill"));
}
