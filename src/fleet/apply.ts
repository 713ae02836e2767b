import pLimit from "p-limit";
import { takesAway } from "../changes/stack.ts";
import { byPlatform, type FleetStack } from "./fleet.ts";
import { type FleetOptions, notStarted, type StackResult, upFleet } from "./run.ts";
import { markUpToDate } from "./up-to-date.ts";

/**
 * Does what previews have found, and nothing else: stacks without changes are left alone, those that were refused or whose
 * preview failed are not touched, and where a platform's own stack is one of these its organizations are not started.
 *
 * @returns a result for every stack of the fleet, in its order
 */
export async function applyFleet(
  fleet: readonly FleetStack[],
  previews: readonly StackResult[],
  options: FleetOptions,
): Promise<StackResult[]> {
  const previewOf = byStack(previews);
  const blocked = blockedStacks(fleet, previewOf);
  const ready = readyStacks(fleet, previews);
  await markUnchanged(fleet, previewOf, options);
  const continueOnError = (stack: string) => goesOn(previewOf.get(stack));
  const results = await upFleet(ready, { ...options, continueOnError });
  const done = new Map(results.map((result) => [result.stack, result]));
  return fleet.flatMap(
    ({ spec }) => done.get(spec.stack) ?? blocked.get(spec.stack) ?? previewOf.get(spec.stack) ?? [],
  );
}

/**
 * What takes nothing away goes on past a failure: one workspace that fails leaves its siblings theirs. Where something is to be
 * deleted, a failure ends the stack's run: what waits may still need it.
 */
function goesOn(preview: StackResult | undefined): boolean {
  return preview !== undefined && !takesAway(preview.changes);
}

/** What was looked at, and found to be as its manifest says, without a warning, needs no second look by the next run. */
async function markUnchanged(
  fleet: readonly FleetStack[],
  previewOf: ReadonlyMap<string, StackResult>,
  { engine, parallel }: FleetOptions,
): Promise<void> {
  const limit = pLimit(parallel);
  const unchanged = fleet.filter(({ spec }) => {
    const preview = previewOf.get(spec.stack);
    return preview?.outcome === "unchanged" && !preview.skipped && preview.changes.problems.length === 0;
  });
  await Promise.all(unchanged.map((stack) => limit(() => markUpToDate(stack, engine))));
}

/** The stacks that have changes which can be made. */
export function readyStacks(
  fleet: readonly FleetStack[],
  previews: readonly StackResult[],
): readonly FleetStack[] {
  const previewOf = byStack(previews);
  const blocked = blockedStacks(fleet, previewOf);
  return fleet.filter(
    ({ spec }) => previewOf.get(spec.stack)?.outcome === "changes" && !blocked.has(spec.stack),
  );
}

function byStack(results: readonly StackResult[]): Map<string, StackResult> {
  return new Map(results.map((result) => [result.stack, result]));
}

/** Organizations with changes, of platforms whose own stack can't be brought up first. */
function blockedStacks(
  fleet: readonly FleetStack[],
  previewOf: ReadonlyMap<string, StackResult>,
): Map<string, StackResult> {
  const blocked = new Map<string, StackResult>();
  for (const { own, organizations } of byPlatform(fleet)) {
    const outcome = own === undefined ? undefined : previewOf.get(own.spec.stack)?.outcome;
    if (own === undefined || outcome === "changes" || outcome === "unchanged") continue;
    for (const stack of organizations)
      if (previewOf.get(stack.spec.stack)?.outcome === "changes")
        blocked.set(
          stack.spec.stack,
          notStarted(stack, `not started: ${own.spec.stack} has to succeed first`),
        );
  }
  return blocked;
}
