import type { Goal } from "./goal.ts";
import { readPattern, resetPath } from "./path-pattern.ts";
import type { PropertyMap } from "./property-value.ts";
import type { CheckResult } from "./provider.ts";
import type { Providers } from "./providers.ts";
import { ofResource, RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import { isProviderType } from "./urn.ts";

/** Lets providers check and complete the inputs of resources. */
export class InputChecks {
  readonly #providers: Providers;
  readonly #preview: boolean;

  constructor(providers: Providers, preview: boolean) {
    this.#providers = providers;
    this.#preview = preview;
  }

  /**
   * @param old the old state, whose ignored inputs and defaults are kept; undefined for a new resource
   * @throws RegistrationError when the provider refuses the inputs
   */
  async check(goal: Goal, wanted: ResourceState, old: ResourceState | undefined): Promise<PropertyMap> {
    const { urn } = wanted;
    const inputs = old === undefined ? wanted.inputs : withoutIgnored(wanted, old);
    if (!goal.custom) return inputs;
    const isProvider = isProviderType(goal.type);
    const checker = isProvider ? this.#providers : await this.#providers.get(wanted.provider);
    const news =
      isProvider && goal.version !== "" ? { ...inputs, version: goal.version, __internal: {} } : inputs;
    const result = await ofResource(
      urn,
      checker.check({ urn, olds: old?.inputs ?? {}, news, preview: this.#preview }),
    );
    if (result.failures.length > 0) throw new RegistrationError(failuresText(goal, result.failures), urn);
    return result.inputs;
  }
}

/** The wanted inputs, with the old values of those in `ignoreChanges`. */
function withoutIgnored(wanted: ResourceState, old: ResourceState): PropertyMap {
  return wanted.ignoreChanges.reduce((inputs, text) => {
    try {
      return resetPath(readPattern(text), old.inputs, inputs);
    } catch (cause) {
      throw new RegistrationError(`ignoreChanges of ${wanted.urn}: ${String(cause)}`, wanted.urn);
    }
  }, wanted.inputs);
}

function failuresText(goal: Goal, failures: CheckResult["failures"]): string {
  return failures
    .map(({ property, reason }) =>
      property === ""
        ? `${goal.type} resource '${goal.name}' has a problem: ${reason}`
        : `${goal.type} resource '${goal.name}': property ${property} has a problem: ${reason}`,
    )
    .join("\n");
}
