import { type Aliased, formerUrns } from "./aliases.ts";
import { RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Urn } from "./urn.ts";

/** The state as it was before the run, by the names that the program has for it now. */
export class OldResources {
  readonly #states: ReadonlyMap<Urn, ResourceState>;
  /** Old URNs that a resource of this run goes on with under another name, and that resource's URN. */
  readonly #renamed = new Map<Urn, Urn>();
  /** The same, the other way round. */
  readonly #former = new Map<Urn, Urn>();
  readonly #claimed = new Set<Urn>();

  constructor(states: readonly ResourceState[]) {
    this.#states = new Map(states.filter((state) => !state.delete).map((state) => [state.urn, state]));
  }

  get(urn: Urn): ResourceState | undefined {
    return this.#states.get(urn);
  }

  /** What an old URN is called now. */
  currentName(urn: Urn): Urn {
    return this.#renamed.get(urn) ?? urn;
  }

  /**
   * The old state of a resource: under its own URN, else under the first of its aliases that is known.
   *
   * @throws RegistrationError when two resources of the program claim one name, or one old state
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
