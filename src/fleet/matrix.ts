import { UserError } from "@tenantry/core/errors";
import { type LoadedSelection, OWN_STACK } from "./load.ts";

/** The stacks of one job. */
interface Shard {
  /** Counts from 1. */
  readonly shard: number;
  readonly shards: number;
  /** Names of stacks, separated by spaces: the targets of the job's command. */
  readonly stacks: string;
}

/** A matrix of jobs, as GitHub Actions and similar services read it. */
export interface Matrix {
  readonly include: readonly Shard[];
}

/** The name of a stack, which a shell takes as one plain word. */
const STACK = /^[a-z0-9-]+\.[a-z0-9-]+$/;

/**
 * The names of the stacks of loaded manifests: the platforms' own, the organizations, and those that were removed. A stack whose
 * manifest has errors is among them, so that its job fails. Of a platform with errors, its own stack is enough.
 */
export function stacksIn(loaded: readonly LoadedSelection[]): string[] {
  return loaded.flatMap(({ platform, selection, organizations, broken }) => {
    // The organizations' jobs would fail for the same reason.
    if (broken.has(OWN_STACK) && selection.own) return [`${platform}.${OWN_STACK}`];
    const selected = selection.organizations === "all" ? [] : selection.organizations;
    const names = new Set([
      ...organizations.map(({ name }) => name),
      ...(selection.removed ?? []),
      ...selected,
      ...broken.keys(),
    ]);
    names.delete(OWN_STACK);
    return [...(selection.own ? [OWN_STACK] : []), ...[...names].sort()].map((name) => `${platform}.${name}`);
  });
}

/**
 * Divides stacks evenly among jobs. Jobs without a stack are left out.
 *
 * @throws UserError for a name that a shell could read as something else: workflows insert the names into commands
 */
export function matrixOf(stacks: readonly string[], shards: number): Matrix {
  const odd = stacks.find((stack) => !STACK.test(stack));
  if (odd !== undefined)
    throw new UserError(`${JSON.stringify(odd)} isn't the name of a stack`, {
      remedy: "Rename the manifest: lower-case letters, digits and hyphens.",
    });
  const used = Math.min(shards, stacks.length);
  const include = Array.from({ length: used }, (_, index) => ({
    shard: index + 1,
    shards: used,
    stacks: stacks.filter((_, position) => position % used === index).join(" "),
  }));
  return { include };
}
