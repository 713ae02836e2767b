import type { LifecycleState } from "../shared/lifecycle.ts";

/** A generation of an organization that was created before. */
export interface Generation {
  readonly generation: number;
  readonly isDeleted: boolean;
}

/** Why a generation can't be created or go on, and what to do. */
export interface RefusedGeneration {
  readonly message: string;
  readonly remedy: string;
}

/**
 * Whether the declared generation of an organization may exist. It follows a deleted one by one number, and a deleted one never
 * becomes active again: each has its own customer, subscription and wallets, so two at a time would be billed twice.
 *
 * A name without recorded generations may start with any, because the control plane may have been created again.
 *
 * @param recorded includes the declared generation, if it was created before
 */
export function refusedGeneration(
  {
    name,
    generation,
    state,
  }: { readonly name: string; readonly generation: number; readonly state: LifecycleState },
  recorded: readonly Generation[],
): RefusedGeneration | undefined {
  const own = recorded.find((each) => each.generation === generation);
  const [last] = newestFirst(recorded);
  if (own?.isDeleted && last !== undefined && state !== "deleted")
    return {
      message: `the organization ${name} was deleted, and a deleted organization doesn't become active again`,
      remedy: `Set \`generation: ${nextOf(last)}\` to start a new one with its name, or set \`state: deleted\` again.`,
    };
  const others = recorded.filter((each) => each.generation !== generation);
  const [latest] = newestFirst(others);
  if (latest === undefined) return undefined;
  const living = others.find(({ isDeleted }) => !isDeleted);
  if (latest.generation > generation)
    return {
      message: `generation ${generation} of the organization ${name} is over: generation ${latest.generation} followed it`,
      remedy: `Set \`generation: ${nextOf(latest)}\`.`,
    };
  if (living !== undefined)
    return {
      message: `the organization ${name} can't start generation ${generation}, because its generation ${living.generation} isn't deleted`,
      remedy: `Set \`generation: ${living.generation}\` and \`state: deleted\` with a consent, and run \`up\`. Then set \`generation: ${living.generation + 1}\`.`,
    };
  if (generation > latest.generation + 1)
    return {
      message: `generation ${generation} of the organization ${name} doesn't follow generation ${latest.generation}, its last one`,
      remedy: `Set \`generation: ${latest.generation + 1}\`.`,
    };
  return undefined;
}

function newestFirst(generations: readonly Generation[]): Generation[] {
  return generations.toSorted((a, b) => b.generation - a.generation);
}

/** The generation to declare: the newest one, or the one after it. */
function nextOf({ generation, isDeleted }: Generation): number {
  return isDeleted ? generation + 1 : generation;
}
