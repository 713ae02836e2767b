import { NO_CHANGE } from "./diff.ts";
import { containsSecrets, type PropertyMap, type PropertyValue } from "./property-value.ts";
import type {
  CheckResult,
  DiffRequest,
  DiffResult,
  InvokeResult,
  Provider,
  ReadRequest,
  ReadResult,
} from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";
import { typeOf, type Urn } from "./urn.ts";

/** What a program can ask the engine for. */
export interface EngineKnowledge {
  /** The outputs of another stack, by name. */
  readonly stackOutputs: (name: string) => Promise<PropertyMap>;
  /** A resource that this run has registered or read. */
  readonly resource: (urn: Urn) => ResourceState | undefined;
}

const STACK_REFERENCE = "pulumi:pulumi:StackReference";

/** The built-in package `pulumi`: references to other stacks, and resources by URN. */
export class PulumiProvider implements Provider {
  readonly #engine: EngineKnowledge;

  constructor(engine: EngineKnowledge) {
    this.#engine = engine;
  }

  async checkConfig(): Promise<CheckResult> {
    return { inputs: {}, failures: [] };
  }

  async diffConfig(): Promise<DiffResult> {
    return NO_CHANGE;
  }

  async configure(): Promise<void> {}

  check(): Promise<never> {
    return Promise.reject(readOnly());
  }

  async diff({ oldInputs, news }: DiffRequest): Promise<DiffResult> {
    return oldInputs.name === news.name ? NO_CHANGE : { ...NO_CHANGE, changes: "some", replaces: ["name"] };
  }

  create(): Promise<never> {
    return Promise.reject(readOnly());
  }

  async read({ urn, id, inputs }: ReadRequest): Promise<ReadResult> {
    if (typeOf(urn) !== STACK_REFERENCE) throw readOnly();
    return { id, inputs, outputs: await this.#reference(inputs.name), initErrors: [] };
  }

  update(): Promise<never> {
    return Promise.reject(readOnly());
  }

  /** There is nothing to delete for a reference. */
  async delete(): Promise<void> {}

  async invoke(token: string, args: PropertyMap): Promise<InvokeResult> {
    return { result: await this.#answer(token, args), failures: [] };
  }

  async cancel(): Promise<void> {}

  async close(): Promise<void> {}

  async #answer(token: string, args: PropertyMap): Promise<PropertyMap> {
    switch (token) {
      case "pulumi:pulumi:readStackOutputs":
        return this.#reference(args.name);
      case "pulumi:pulumi:getResource":
        return this.#resource(String(args.urn));
      default:
        throw new Error(`unrecognized function name: '${token}'`);
    }
  }

  async #reference(name: PropertyValue | undefined): Promise<PropertyMap> {
    if (typeof name !== "string")
      throw new Error('a stack reference needs the property "name", which is a string');
    const outputs = await this.#engine.stackOutputs(name);
    const secret = Object.keys(outputs).filter((key) => containsSecrets(outputs[key] ?? null));
    return { name, outputs, secretOutputNames: secret.sort() };
  }

  #resource(urn: Urn): PropertyMap {
    const state = this.#engine.resource(urn);
    if (state === undefined) throw new Error(`unknown resource ${urn}`);
    return { urn, id: state.id, provider: state.provider, state: state.outputs };
  }
}

function readOnly(): Error {
  return new Error(
    "of the package pulumi, the embedded engine supports only reading stack references; use the Pulumi CLI: --engine cli",
  );
}
