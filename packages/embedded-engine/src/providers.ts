import { randomUUID } from "node:crypto";
import { builtInProvider } from "./built-in.ts";
import { diffInputs } from "./diff.ts";
import type { PluginHost } from "./plugin.ts";
import { startPlugin } from "./plugin.ts";
import { containsUnknowns, equalValues, type PropertyMap, UNKNOWN } from "./property-value.ts";
import {
  type CheckRequest,
  type CheckResult,
  type DiffRequest,
  type DiffResult,
  demandsReplacement,
  type Provider,
} from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";
import { UnconfiguredProvider } from "./unconfigured-provider.ts";
import { formatReference, parseReference, providedPackage, providerType, typeOf, type Urn } from "./urn.ts";

/**
 * The providers of a run. Each provider resource, default or explicit, has a separate provider that is configured once.
 *
 * Providers in the state that the program didn't register are started when one of their resources must be deleted or read.
 */
export class Providers {
  readonly #host: PluginHost;
  readonly #preview: boolean;
  /** Providers that are checked but not configured yet, by URN. */
  readonly #checked = new Map<Urn, Provider>();
  /** Configured providers by reference. */
  readonly #configured = new Map<string, Promise<Provider>>();
  /** New URNs of renamed providers, by old URN. */
  readonly #renamed = new Map<Urn, Urn>();
  /** Providers that were started in advance, by package. */
  readonly #ahead = new Map<string, Promise<Provider>>();
  readonly #all: Promise<Provider>[] = [];

  constructor(host: PluginHost, preview: boolean) {
    this.#host = host;
    this.#preview = preview;
  }

  /** Starts the providers that the project names, while the program loads. A failure is reported on first use. */
  startAhead(): void {
    for (const packageName of this.#host.project.plugins.keys())
      this.#ahead.set(packageName, this.#start(packageName));
  }

  /** @throws Error when no provider was registered under the reference */
  get(reference: string): Promise<Provider> {
    const provider = this.#configured.get(reference);
    if (provider === undefined) return Promise.reject(new Error(`unknown provider ${reference}`));
    return provider;
  }

  /** Records a provider's new name, so that it is also found under the old one. */
  rename(from: Urn, to: Urn): void {
    this.#renamed.set(from, to);
  }

  /** Whether a provider was registered, under its current or its old name. */
  runs(reference: string): boolean {
    return this.#running(reference) !== undefined;
  }

  /** The provider of a resource in the state. Starts it from the provider's own state if it isn't running. */
  ensure(reference: string, states: readonly ResourceState[]): Promise<Provider> {
    const running = this.#running(reference);
    if (running !== undefined) return running;
    const { urn, id } = parseReference(reference);
    const state = states.find((candidate) => candidate.urn === urn && candidate.id === id);
    if (state === undefined) return Promise.reject(new Error(`the state has no provider ${reference}`));
    return this.same(state, state.inputs);
  }

  #running(reference: string): Promise<Provider> | undefined {
    const { urn, id } = parseReference(reference);
    const renamed = formatReference({ urn: this.#renamed.get(urn) ?? urn, id });
    return this.#configured.get(reference) ?? this.#configured.get(renamed);
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    const provider = await this.#take(providedPackage(typeOf(request.urn)));
    this.#checked.set(request.urn, provider);
    const result = await provider.checkConfig({
      ...request,
      olds: forPlugin(request.olds),
      news: forPlugin(request.news),
    });
    const kept = Object.fromEntries(
      ["version", INTERNAL].flatMap((key) =>
        request.news[key] === undefined ? [] : [[key, request.news[key]] as const],
      ),
    );
    return { ...result, inputs: { ...result.inputs, ...kept } };
  }

  /** Compares a provider's inputs, by the provider itself. */
  async diff(request: DiffRequest): Promise<DiffResult> {
    const provider = this.#checked.get(request.urn);
    if (provider === undefined) throw new Error(`${request.urn} must be checked before it is compared`);
    const news = forPlugin(request.news);
    const result = await provider.diffConfig({ ...request, oldInputs: forPlugin(request.oldInputs), news });
    if (result.changes !== "unknown") return result;
    if (equalValues(request.oldOutputs, news)) return { ...result, changes: "none" };
    const { diffs, detailedDiff } = diffInputs(request.oldOutputs, news);
    return { ...result, changes: "some", diffs, detailedDiff };
  }

  /** Whether the resources of an old provider must be replaced when they get a new one. */
  async mustReplace(old: ResourceState, reference: string, inputs: PropertyMap): Promise<boolean> {
    const provider = await this.get(reference);
    const { urn } = parseReference(reference);
    const result = await provider.diffConfig({
      urn,
      oldInputs: forPlugin(old.inputs),
      oldOutputs: old.outputs,
      news: forPlugin(inputs),
      ignoreChanges: [],
    });
    return demandsReplacement(result);
  }

  async create(urn: Urn, inputs: PropertyMap): Promise<{ id: string; outputs: PropertyMap }> {
    const id = this.#preview ? UNKNOWN : randomUUID();
    await this.#configure(urn, id, inputs);
    return { id, outputs: forPlugin(inputs) };
  }

  async update(urn: Urn, id: string, inputs: PropertyMap): Promise<{ outputs: PropertyMap }> {
    // A refresh or a deletion may have started it from its old state.
    this.#configured.delete(formatReference({ urn, id }));
    await this.#configure(urn, id, inputs);
    return { outputs: forPlugin(inputs) };
  }

  /** Configures an unchanged provider with its old inputs. */
  same(state: ResourceState, inputs: PropertyMap): Promise<Provider> {
    return this.#configure(state.urn, state.id, inputs);
  }

  async cancel(): Promise<void> {
    await this.#forEach((provider) => provider.cancel());
  }

  async close(): Promise<void> {
    await this.#forEach((provider) => provider.close());
  }

  #configure(urn: Urn, id: string, inputs: PropertyMap): Promise<Provider> {
    const reference = formatReference({ urn, id });
    let configured = this.#configured.get(reference);
    if (configured === undefined) {
      configured = this.#configureNew(urn, id, inputs);
      // A failure is thrown on first use.
      configured.catch(() => undefined);
      this.#configured.set(reference, configured);
    }
    return configured;
  }

  async #configureNew(urn: Urn, id: string, inputs: PropertyMap): Promise<Provider> {
    const provider = this.#checked.get(urn) ?? (await this.#take(providedPackage(typeOf(urn))));
    this.#checked.delete(urn);
    if (containsUnknowns(inputs)) return new UnconfiguredProvider(provider);
    await provider.configure({ urn, id, inputs: forPlugin(inputs) });
    return provider;
  }

  #take(packageName: string): Promise<Provider> {
    const ahead = this.#ahead.get(packageName);
    this.#ahead.delete(packageName);
    return ahead ?? this.#start(packageName);
  }

  #start(packageName: string): Promise<Provider> {
    const builtIn =
      this.#host.attach[packageName] === undefined ? builtInProvider(packageName, this.#host) : undefined;
    const own = this.#host.provide?.(packageName) ?? builtIn;
    const provider = own === undefined ? startPlugin(packageName, this.#host) : Promise.resolve(own);
    provider.catch(() => undefined);
    this.#all.push(provider);
    return provider;
  }

  async #forEach(act: (provider: Provider) => Promise<void>): Promise<void> {
    await Promise.all(
      this.#all.map(async (starting) => {
        const provider = await starting.catch(() => undefined);
        if (provider !== undefined) await act(provider);
      }),
    );
  }
}

/** The engine's own data in a provider's inputs, which the provider never sees. */
const INTERNAL = "__internal";

function forPlugin(inputs: PropertyMap): PropertyMap {
  const { [INTERNAL]: _, ...own } = inputs;
  return own;
}

/** The default provider of a package. */
export function defaultProvider(
  packageName: string,
  version: string,
  config: PropertyMap,
): { readonly type: string; readonly name: string; readonly inputs: PropertyMap } {
  return {
    type: providerType(packageName),
    name: version === "" ? "default" : `default_${version.replaceAll(/[.+-]/g, "_")}`,
    inputs: version === "" ? config : { ...config, version, [INTERNAL]: {} },
  };
}
