import { EMPTY_GOAL, type Goal } from "./goal.ts";
import { DYNAMIC_PACKAGE } from "./plugin.ts";
import { secretOf } from "./property-value.ts";
import { defaultProvider } from "./providers.ts";
import type { ResourceState } from "./resource-state.ts";
import type { StackConfig } from "./stack-config.ts";
import { formatReference } from "./urn.ts";

/** The default providers, for resources without an explicit one. Each package and version has one, registered on first use. */
export class DefaultProviders {
  readonly #config: StackConfig;
  readonly #register: (goal: Goal) => Promise<ResourceState>;
  readonly #registered = new Map<string, Promise<ResourceState>>();

  constructor(config: StackConfig, register: (goal: Goal) => Promise<ResourceState>) {
    this.#config = config;
    this.#register = register;
  }

  /** The reference of the default provider for a package and a version; the version may be empty. */
  async referenceOf(packageName: string, version: string): Promise<string> {
    const key = `${packageName}@${version}`;
    const registered = this.#registered.get(key) ?? this.#make(packageName, version);
    this.#registered.set(key, registered);
    return formatReference(await registered);
  }

  /**
   * Dynamic providers get the whole configuration, with full keys.
   *
   * @see https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/target.go (GetPackageConfig)
   */
  #make(packageName: string, version: string): Promise<ResourceState> {
    const isDynamic = packageName === DYNAMIC_PACKAGE;
    const config = Object.fromEntries(
      [...this.#config].flatMap(([name, { value, secret }]) =>
        isDynamic || name.startsWith(`${packageName}:`)
          ? [
              [
                isDynamic ? name : name.slice(packageName.length + 1),
                secret ? secretOf(value) : value,
              ] as const,
            ]
          : [],
      ),
    );
    const { type, name, inputs } = defaultProvider(packageName, version, config);
    return this.#register({ ...EMPTY_GOAL, type, name, inputs });
  }
}
