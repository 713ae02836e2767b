import { diffInputs } from "./diff.ts";
import type { Events } from "./events.ts";
import type { OldResources } from "./old-resources.ts";
import { containsUnknowns, equalValues, type PropertyMap, withoutSecrets } from "./property-value.ts";
import { type DiffRequest, type DiffResult, demandsReplacement } from "./provider.ts";
import type { Providers } from "./providers.ts";
import { ofResource, RegistrationError } from "./registration-error.ts";
import type { ResourceState } from "./resource-state.ts";
import { withReplaceOnChanges } from "./step-generator.ts";
import { formatReference, isProviderType, parseReference, type Urn } from "./urn.ts";

/** Compares resources with their old state, first by the engine's own rules, then by their providers. */
export class Differences {
  readonly #preview: boolean;
  readonly #olds: OldResources;
  readonly #providers: Providers;
  readonly #events: Events;
  readonly #registered: (urn: Urn) => ResourceState | undefined;
  readonly #isReplaced: (urn: Urn) => boolean;

  constructor(parts: {
    readonly preview: boolean;
    readonly olds: OldResources;
    readonly providers: Providers;
    readonly events: Events;
    /** A resource that this run has registered. */
    readonly registered: (urn: Urn) => ResourceState | undefined;
    /** Whether this run replaces a resource. */
    readonly isReplaced: (urn: Urn) => boolean;
  }) {
    this.#preview = parts.preview;
    this.#olds = parts.olds;
    this.#providers = parts.providers;
    this.#events = parts.events;
    this.#registered = parts.registered;
    this.#isReplaced = parts.isReplaced;
  }

  async between(old: ResourceState, wanted: ResourceState): Promise<DiffResult> {
    if (this.#isTriggered(old, wanted)) return replacedFor("replacementTrigger");
    if (wanted.replaceWith.some(this.#isReplaced)) return replacedFor("replaceWith");
    if (this.#isReplaced(wanted.deletedWith)) return replacedFor("deletedWith");
    if (await this.#providerChanged(old, wanted)) return replacedFor("provider");
    if (!wanted.custom) return diffInputs(old.inputs, wanted.inputs);
    const differ = isProviderType(wanted.type) ? this.#providers : await this.#providers.get(wanted.provider);
    const { urn, ignoreChanges } = wanted;
    const request = { ...requestOf(old, wanted.inputs), urn, ignoreChanges };
    const diff = await ofResource(urn, differ.diff(request));
    if (diff.unavailable !== undefined) this.#events.diagnostic("warning", diff.unavailable, wanted.urn);
    return orInputs(diff, old.inputs, wanted.inputs);
  }

  /**
   * Whether a resource's provider would replace it if it had these inputs.
   *
   * @param states the state that contains the resource's provider
   */
  async wouldReplace(
    state: ResourceState,
    inputs: PropertyMap,
    states: readonly ResourceState[],
  ): Promise<boolean> {
    if (isProviderType(state.type)) {
      await this.#providers.ensure(formatReference(state), states);
      return this.#providers.mustReplace(state, formatReference(state), inputs);
    }
    const provider = await this.#providers.ensure(state.provider, states);
    const diff = orInputs(await provider.diff(requestOf(state, inputs)), state.inputs, inputs);
    return demandsReplacement(withReplaceOnChanges(diff, state.replaceOnChanges));
  }

  #isTriggered(old: ResourceState, wanted: ResourceState): boolean {
    const before = withoutSecrets(old.replacementTrigger ?? null);
    const now = withoutSecrets(wanted.replacementTrigger ?? null);
    if (containsUnknowns(now)) {
      if (this.#preview) return true;
      throw new RegistrationError(`replacement trigger contains unknowns for ${wanted.urn}`, wanted.urn);
    }
    return before !== null && now !== null && !equalValues(before, now);
  }

  async #providerChanged(old: ResourceState, wanted: ResourceState): Promise<boolean> {
    if (old.provider === wanted.provider) return false;
    if (old.provider === "" || wanted.provider === "") return true;
    const oldUrn = parseReference(old.provider).urn;
    const newUrn = parseReference(wanted.provider).urn;
    if (oldUrn !== newUrn && this.#olds.currentName(oldUrn) === newUrn) return false;
    const oldProvider = this.#olds.get(oldUrn);
    const newProvider = this.#registered(newUrn);
    if (oldProvider === undefined || newProvider === undefined)
      throw new RegistrationError(`the provider of ${wanted.urn} is unknown`, wanted.urn);
    return this.#providers.mustReplace(oldProvider, wanted.provider, newProvider.inputs);
  }
}

function requestOf(old: ResourceState, news: PropertyMap): DiffRequest {
  return {
    urn: old.urn,
    id: old.id,
    oldInputs: old.inputs,
    oldOutputs: old.outputs,
    news,
    ignoreChanges: old.ignoreChanges,
  };
}

/**
 * Compares the inputs if the provider doesn't say whether the resource differs. What it says about a replacement still holds.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/step_generator.go (diffResource)
 */
function orInputs(diff: DiffResult, olds: PropertyMap, news: PropertyMap): DiffResult {
  if (diff.changes !== "unknown") return diff;
  const { changes, diffs, detailedDiff } = diffInputs(olds, news);
  return changes === "none" ? { ...diff, changes } : { ...diff, changes, diffs, detailedDiff };
}

function replacedFor(reason: string): DiffResult {
  return {
    changes: "some",
    replaces: [reason],
    diffs: [],
    deleteBeforeReplace: false,
    detailedDiff: undefined,
  };
}
