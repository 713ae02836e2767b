import type { Outcome } from "../changes/outcome.ts";
import { changingSteps } from "../changes/stack.ts";
import { type Diagnostic, isError } from "../manifest/diagnostic.ts";
import { changePlan } from "../plan/build.ts";
import type { ChangePlan } from "../plan/plan.ts";
import type { FleetStack } from "./fleet.ts";
import type { StackResult } from "./run.ts";

/** The result of a command on several stacks. `plan`, `preview`, `up` and `destroy` print it with `--json`. */
export interface FleetReport {
  /** True if no stack failed, was refused or was not started, and no manifest has errors. */
  readonly ok: boolean;
  /** The command that ran. */
  readonly command: "plan" | "preview" | "up" | "destroy";
  /** What happens, or happened, in the words of the domain. */
  readonly plan: ChangePlan;
  /** The engine's operations by stack, without unchanged resources. A stack whose manifest has errors is among them as failed. */
  readonly stacks: readonly StackResult[];
  /** Problems of the manifests. A stack with an error among them was not run. */
  readonly problems: readonly Diagnostic[];
  /** Only of `plan`: files of code that changed, which a plan doesn't run. */
  readonly notEvaluated?: readonly string[];
}

/**
 * What the results of some stacks mean, in the words of the domain.
 *
 * @param of what the results are of. Of a run, only what was done counts, also in stacks that it refused or didn't start
 */
export function planOf(
  fleet: readonly FleetStack[],
  results: readonly StackResult[],
  of: "preview" | "run",
): ChangePlan {
  const stackOf = new Map(fleet.map((stack) => [stack.spec.stack, stack]));
  return changePlan(
    results.map(({ stack, outcome, changes }) => {
      const found = stackOf.get(stack);
      return {
        ...{ outcome, applied: of === "run", changes },
        model: found?.model ?? null,
        unread: found === undefined ? unreadText(outcome) : undefined,
        controlPlane: found?.controlPlane,
      };
    }),
    // Stacks share the decisions about what they lose together.
    [...new Set(results.flatMap(({ guards = [] }) => guards))],
  );
}

/** What is said of an organization that isn't part of the fleet, because its manifest or its platform's has errors. */
function unreadText(outcome: Outcome): string {
  return outcome === "failed"
    ? "an organization whose manifest has errors"
    : "an organization whose platform has errors";
}

export function reportOf(
  command: FleetReport["command"],
  fleet: readonly FleetStack[],
  results: readonly StackResult[],
  problems: readonly Diagnostic[],
): FleetReport {
  return {
    ok: !results.some(isFailure) && !problems.some(isError),
    command,
    plan: planOf(fleet, results, command === "up" || command === "destroy" ? "run" : "preview"),
    stacks: results.map(({ guards: _guards, subscription: _subscription, ...result }) => ({
      ...result,
      changes: { ...result.changes, steps: changingSteps(result.changes) },
    })),
    problems,
  };
}

/** True if the stack doesn't match its manifest after the run. */
export function isFailure({ outcome }: StackResult): boolean {
  return outcome === "failed" || outcome === "refused" || outcome === "not started";
}
