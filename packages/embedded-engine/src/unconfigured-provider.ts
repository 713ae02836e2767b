import type { PropertyMap } from "./property-value.ts";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DiffRequest,
  DiffResult,
  InvokeResult,
  Provider,
  ReadRequest,
  ReadResult,
  UpdateRequest,
} from "./provider.ts";

const UNAVAILABLE =
  "The provider for this resource has inputs that are not known during preview.\n" +
  "This preview may not correctly represent the changes that will be applied during an update.";

/** Replaces a provider whose inputs are unknown in a preview. It can't be called, so most values are unknown. */
export class UnconfiguredProvider implements Provider {
  readonly #provider: Provider;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  checkConfig(request: CheckRequest): Promise<CheckResult> {
    return this.#provider.checkConfig(request);
  }

  diffConfig(request: Omit<DiffRequest, "id">): Promise<DiffResult> {
    return this.#provider.diffConfig(request);
  }

  async configure(): Promise<void> {}

  async check(request: CheckRequest): Promise<CheckResult> {
    return { inputs: request.news, failures: [] };
  }

  async diff(): Promise<DiffResult> {
    return {
      changes: "some",
      replaces: [],
      diffs: [],
      deleteBeforeReplace: false,
      detailedDiff: undefined,
      unavailable: UNAVAILABLE,
    };
  }

  async create(_: CreateRequest): Promise<CreateResult> {
    return { id: "", outputs: {} };
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    return { ...request, initErrors: [] };
  }

  async update(_: UpdateRequest): Promise<{ readonly outputs: PropertyMap }> {
    return { outputs: {} };
  }

  async delete(): Promise<void> {
    throw new Error("a provider that isn't configured can't delete resources");
  }

  async invoke(): Promise<InvokeResult> {
    return { result: {}, failures: [] };
  }

  cancel(): Promise<void> {
    return this.#provider.cancel();
  }

  close(): Promise<void> {
    return this.#provider.close();
  }
}
