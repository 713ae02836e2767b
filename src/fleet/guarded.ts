import type { Outcome } from "../changes/outcome.ts";
import type { StackChanges } from "../changes/stack.ts";
import { verdictsOf } from "../guards/verdicts.ts";
import type { Guard } from "../plan/plan.ts";
import type { FleetStack } from "./fleet.ts";

/** The preview of a stack, as guards read it. */
interface Previewed {
  readonly stack: string;
  readonly outcome: Outcome;
  readonly changes: StackChanges;
  readonly subscription?: string;
  readonly guards?: readonly Guard[];
}

/** Adds what guards decide about previews, and refuses stacks whose removals need a consent. */
export function guardedResults<Preview extends Previewed>(
  fleet: readonly FleetStack[],
  previews: readonly Preview[],
): Preview[] {
  const previewOf = new Map(previews.map((preview) => [preview.stack, preview]));
  const guards = verdictsOf(
    fleet.flatMap(({ spec, platform, organization, model, guards: policy }) => {
      const preview = previewOf.get(spec.stack);
      // Nothing is applied of a stack that failed or was refused.
      if (preview?.outcome !== "changes" && preview?.outcome !== "unchanged") return [];
      const { changes, subscription } = preview;
      return [{ platform, organization, model, policy, changes, subscription }];
    }),
  );
  const refused = new Set(guards.flatMap(({ refuses }) => refuses));
  const guardsOf = new Map<string, Guard[]>();
  for (const guard of guards)
    for (const stack of guard.stacks) guardsOf.set(stack, [...(guardsOf.get(stack) ?? []), guard]);
  return previews.map((preview) => {
    const own = guardsOf.get(preview.stack);
    if (own === undefined) return preview;
    const outcome = refused.has(preview.stack) ? "refused" : preview.outcome;
    return { ...preview, outcome, guards: own };
  });
}
