import { type Aliased, formerUrns } from "./aliases.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/** The state before the run, by the current names of its resources. */
export class OldResources {
  readonly #states: ReadonlyMap<Urn, ResourceState>;
  /** New URNs by old ones, for resources that this run has renamed. */
  readonly #renamed = new Map<Urn, Urn>();
  /** Old URNs by new ones. */
  readonly #former = new Map<Urn, Urn>();
  readonly #claimed = new Set<Urn>();

  constructor(states: readonly ResourceState[]) {
    this.#states = new Map(states.filter((state) => !state.delete).map((state) => [state.urn, state]));
  }

  get(urn: Urn): ResourceState | undefined {
    return this.#states.get(urn);
  }

  /** The current URN of a resource with this old URN. */
  currentName(urn: Urn): Urn {
    return this.#renamed.get(urn) ?? urn;
  }

  /**
   * Finds the old state of a resource by its URN, else by the first known alias.
   *
   * @throws RegistrationError when two resources of the program claim the same name or the same old state
   */
  claim(urn: Urn, resource: Aliased): ResourceState | undefined {
    const owner = this.#renamed.get(urn);
    if (owner !== undefined)
      throw new RegistrationError(
        `Duplicate resource URN '${urn}' conflicting with alias on resource with URN '${owner}'`,
        urn,
      );
    this.#claimed.add(urn);
    const names = [urn, ...formerUrns(resource, (parent) => this.#former.get(parent))];
    const found = names.find((name) => this.#states.has(name));
    if (found !== undefined && found !== urn) this.#rename(found, urn);
    return found === undefined ? undefined : this.#states.get(found);
  }

  #rename(former: Urn, urn: Urn): void {
    const other = this.#renamed.get(former) ?? (this.#claimed.has(former) ? urn : undefined);
    if (other !== undefined)
      throw new RegistrationError(
        `Duplicate resource alias '${former}' applied to resource with URN '${urn}' conflicting with resource with URN '${other}'`,
        urn,
      );
    this.#renamed.set(former, urn);
    this.#former.set(urn, former);
  }
}
