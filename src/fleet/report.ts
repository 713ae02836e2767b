import { addSummaries, type Summary } from "../changes/stack.ts";
import { type Diagnostic, isError } from "../manifest/diagnostic.ts";
import type { StackResult } from "./run.ts";

/** The result of a command on several stacks. `preview`, `up` and `destroy` print it with `--json`. */
export interface FleetReport {
  /** True if no stack failed, was refused or was not started, and no manifest has errors. */
  readonly ok: boolean;
  /** The command that ran. */
  readonly command: "preview" | "up" | "destroy";
  /** Empty if a manifest has errors. */
  readonly stacks: readonly StackResult[];
  /** The number of steps in all stacks, by action. */
  readonly summary: Summary;
  /** Problems of the manifests. With an error among them, nothing was run. */
  readonly problems: readonly Diagnostic[];
}

export function reportOf(
  command: FleetReport["command"],
  stacks: readonly StackResult[],
  problems: readonly Diagnostic[],
): FleetReport {
  return {
    ok: !stacks.some(isFailure) && !problems.some(isError),
    command,
    stacks,
    summary: addSummaries(stacks.map((result) => result.changes.summary)),
    problems,
  };
}

/** True if the stack doesn't match its manifest after the run. */
export function isFailure({ outcome }: StackResult): boolean {
  return outcome === "failed" || outcome === "refused" || outcome === "not started";
}
