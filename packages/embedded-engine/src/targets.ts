import { dependentsOf, requirementsOf } from "./dependencies.ts";
import type { ResourceState } from "./resource-state.ts";
import { isProviderType, STACK_TYPE, type Urn } from "./urn.ts";

/**
 * The resources that a run is about: all of them, or those that are named by their URNs. `**` stands for anything, `*`
 * for anything without a colon.
 */
export class Targets {
  readonly #literals: ReadonlySet<string>;
  readonly #globs: readonly RegExp[];
  readonly #withDependents: boolean;
  /** Reached by way of what they depend on. */
  readonly #dependents = new Set<Urn>();

  /** @param withDependents takes along what depends on a target */
  constructor(patterns: readonly string[], withDependents: boolean) {
    this.#literals = new Set(patterns.filter((pattern) => !pattern.includes("*")));
    this.#globs = patterns.filter((pattern) => pattern.includes("*")).map(globOf);
    this.#withDependents = withDependents;
  }

  /** Whether only some resources are meant. */
  get constrained(): boolean {
    return this.#literals.size > 0 || this.#globs.length > 0;
  }

  /** Whether a resource is meant. Asked for in the order of dependencies: what depends on it may be meant for its sake. */
  covers(state: ResourceState): boolean {
    if (!this.constrained || this.#names(state.urn)) return true;
    const meant =
      this.#withDependents &&
      [...requirementsOf(state)].some((urn) => this.#names(urn) || this.#dependents.has(urn));
    if (meant) this.#dependents.add(state.urn);
    return meant;
  }

  /** The same of what a program registers: what others need to run at all always is. */
  coversRegistered(state: ResourceState): boolean {
    return this.covers(state) || isProviderType(state.type) || state.type === STACK_TYPE;
  }

  /** What of a state may be deleted: what is meant, and all that can't be without it. */
  deletable(states: readonly ResourceState[]): ReadonlySet<ResourceState> {
    if (!this.constrained) return new Set(states);
    const named = states.filter(({ urn }) => this.#names(urn));
    return new Set([...named, ...dependentsOf(named, states, requirementsOf)]);
  }

  /** Whether a deletion is more than was asked for. */
  forbidsDeletion(state: ResourceState): boolean {
    return this.constrained && !this.#withDependents && !this.#names(state.urn);
  }

  /** Names of which there is no resource. */
  missing(known: (urn: Urn) => boolean): readonly string[] {
    return [...this.#literals].filter((urn) => !known(urn));
  }

  #names(urn: Urn): boolean {
    return this.#literals.has(urn) || this.#globs.some((glob) => glob.test(urn));
  }
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split("**").map((part) => part.split("*").map(escaped).join("[^:]*"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export function missingTarget(urn: string): string {
  const hint = urn.includes("$") ? "" : " Did you forget to escape $ in your shell?";
  return `Target '${urn}' could not be found in the stack.${hint}`;
}
