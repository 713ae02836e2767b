import { EMPTY_GOAL, type Goal } from "./goal.ts";
import { secretOf } from "./property-value.ts";
import { defaultProvider } from "./providers.ts";
import type { ResourceState } from "./resource-state.ts";
import type { StackConfig } from "./stack-settings.ts";
import { formatReference } from "./urn.ts";

/** The providers of resources that name none: one for each package and version, registered when it is first needed. */
export class DefaultProviders {
  readonly #config: StackConfig;
  readonly #register: (goal: Goal) => Promise<ResourceState>;
  readonly #registered = new Map<string, Promise<ResourceState>>();

  constructor(config: StackConfig, register: (goal: Goal) => Promise<ResourceState>) {
    this.#config = config;
    this.#register = register;
  }

  /** The reference of a package's provider; of a version of its own where the program's package has one. */
  async referenceOf(packageName: string, version: string): Promise<string> {
    const key = `${packageName}@${version}`;
    const registered = this.#registered.get(key) ?? this.#make(packageName, version);
    this.#registered.set(key, registered);
    return formatReference(await registered);
  }

  #make(packageName: string, version: string): Promise<ResourceState> {
    const config = Object.fromEntries(
      [...this.#config].flatMap(([name, { value, secret }]) =>
        name.startsWith(`${packageName}:`)
          ? [[name.slice(packageName.length + 1), secret ? secretOf(value) : value] as const]
          : [],
      ),
    );
    const { type, name, inputs } = defaultProvider(packageName, version, config);
    return this.#register({ ...EMPTY_GOAL, type, name, inputs });
  }
}
