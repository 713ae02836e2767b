import pLimit from "p-limit";
import { removesAnything } from "../changes/stack.ts";
import { byPlatform, type FleetStack } from "./fleet.ts";
import { renameStacks } from "./renames.ts";
import { isFailure } from "./report.ts";
import {
  expectReviewedState,
  type FleetOptions,
  failedToStart,
  notStarted,
  type StackResult,
  upFleet,
} from "./run.ts";
import { markUpToDate } from "./up-to-date.ts";

/**
 * Applies the previewed changes. Skips stacks without changes, and stacks that were refused or whose preview failed. If a platform's
 * own stack was, its organizations are not started.
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
  const reviewed = new Map(
    previews.flatMap(({ stack, revision }) => (revision === undefined ? [] : [[stack, revision] as const])),
  );
  const renamed = await renameReady(ready, { ...options, reviewed });
  const results = await upFleet(
    ready.filter(({ spec }) => !renamed.failed.has(spec.stack)),
    { ...options, continueOnError, reviewed: renamed.reviewed },
  );
  const done = byStack(results);
  return fleet.flatMap(({ spec: { stack } }) => {
    const preview = previewOf.get(stack);
    const result = done.get(stack) ?? renamed.failed.get(stack) ?? blocked.get(stack);
    return result === undefined ? (preview ?? []) : withGuards(withPreview(result, preview), preview);
  });
}

/** Adds what the preview asked, and the previewed changes that the run didn't reach. */
function withPreview(result: StackResult, preview: StackResult | undefined): StackResult {
  const asked = preview?.changes.asked;
  const changes = asked === undefined ? result.changes : { ...result.changes, asked };
  if (!isFailure(result) || preview === undefined) return { ...result, changes };
  // A renamed organization was previewed in the stack with its previous name.
  const inStack = (urn: string) => urn.slice(urn.indexOf("::"));
  const reached = new Set(changes.steps.map(({ urn }) => inStack(urn)));
  const left = preview.changes.steps.filter(({ urn }) => !reached.has(inStack(urn)));
  return { ...result, changes: { ...changes, steps: [...changes.steps, ...left] } };
}

/** Adds what guards decided about the preview. */
function withGuards(result: StackResult, preview: StackResult | undefined): StackResult {
  return preview?.guards === undefined ? result : { ...result, guards: preview.guards };
}

/** Renames the stacks of renamed organizations, and takes over the revisions that were reviewed. */
async function renameReady(
  ready: readonly FleetStack[],
  options: FleetOptions & { readonly reviewed: ReadonlyMap<string, string | null> },
): Promise<{
  readonly failed: ReadonlyMap<string, StackResult>;
  readonly reviewed: ReadonlyMap<string, string | null>;
}> {
  const { engine } = options;
  const failed = new Map<string, StackResult>();
  const reviewed = new Map(options.reviewed);
  if (options.signal?.aborted === true) return { failed, reviewed };
  const rename = async (stack: FleetStack, to: string) => {
    try {
      await expectReviewedState(stack, { ...options, reviewed });
      await engine.rename(stack.spec, to);
      reviewed.set(stack.spec.stack, (await engine.revision(stack.spec)) ?? null);
      return true;
    } catch (error) {
      failed.set(stack.spec.stack, failedToStart(stack, error));
      return false;
    }
  };
  for (const [stack, why] of await renameStacks(ready, rename))
    if (why !== undefined) failed.set(stack.spec.stack, failedToStart(stack, why));
  return { failed, reviewed };
}

/**
 * A stack without deletions continues after a failure, so that one failing workspace doesn't block the others. With deletions,
 * a failure ends the run, because pending resources may still need what would be deleted.
 */
function goesOn(preview: StackResult | undefined): boolean {
  return preview !== undefined && !removesAnything(preview.changes);
}

/**
 * Marks unchanged stacks without warnings as up to date, so that the next run can skip them. These include stacks whose last change
 * was applied by plain `pulumi`.
 */
async function markUnchanged(
  fleet: readonly FleetStack[],
  previewOf: ReadonlyMap<string, StackResult>,
  { engine, parallel }: FleetOptions,
): Promise<void> {
  const limit = pLimit(parallel);
  const marks = fleet.map(async (stack) => {
    const preview = previewOf.get(stack.spec.stack);
    if (preview?.outcome !== "unchanged" || preview.skipped || preview.changes.problems.length > 0) return;
    await limit(() => markUpToDate(stack, engine, preview.revision));
  });
  await Promise.all(marks);
}

/** The stacks whose changes can be applied. */
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

/** Organizations with changes whose platform's own stack can't succeed first. */
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
        blocked.set(stack.spec.stack, notStarted(stack, `not started: ${own.spec.stack} must succeed first`));
  }
  return blocked;
}
