import { dependentsOf, requirementsOf } from "./dependencies.ts";
import type { ResourceState } from "./resource-state.ts";
import { isProviderType, STACK_TYPE, type Urn } from "./urn.ts";

/**
 * The resources that a run targets: all, or those that match a URN pattern. `**` matches anything, `*` anything without a colon.
 */
export class Targets {
  readonly #literals: ReadonlySet<string>;
  readonly #globs: readonly RegExp[];
  readonly #withDependents: boolean;
  /** Dependents of targets. */
  readonly #dependents = new Set<Urn>();

  /** @param withDependents includes the dependents of targets */
  constructor(patterns: readonly string[], withDependents: boolean) {
    this.#literals = new Set(patterns.filter((pattern) => !pattern.includes("*")));
    this.#globs = patterns.filter((pattern) => pattern.includes("*")).map(globOf);
    this.#withDependents = withDependents;
  }

  /** Whether only some resources are targets. */
  get constrained(): boolean {
    return this.#literals.size > 0 || this.#globs.length > 0;
  }

  /** Whether a resource is a target. Must be called in the order of dependencies, because it records dependents of targets. */
  covers(state: ResourceState): boolean {
    if (!this.constrained || this.#names(state.urn)) return true;
    const meant =
      this.#withDependents &&
      [...requirementsOf(state)].some((urn) => this.#names(urn) || this.#dependents.has(urn));
    if (meant) this.#dependents.add(state.urn);
    return meant;
  }

  /** Whether a registered resource is a target. Providers and the stack always are. */
  coversRegistered(state: ResourceState): boolean {
    return this.covers(state) || isProviderType(state.type) || state.type === STACK_TYPE;
  }

  /** The resources of a state that may be deleted: the targets and their dependents. */
  deletable(states: readonly ResourceState[]): ReadonlySet<ResourceState> {
    if (!this.constrained) return new Set(states);
    const named = states.filter(({ urn }) => this.#names(urn));
    return new Set([...named, ...dependentsOf(named, states, requirementsOf)]);
  }

  /** Whether a deletion exceeds the targets. */
  forbidsDeletion(state: ResourceState): boolean {
    return this.constrained && !this.#withDependents && !this.#names(state.urn);
  }

  /** Targets without a resource. */
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
