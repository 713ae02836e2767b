import { UserError } from "@tenantry/core/errors";
import { viewOf } from "@tenantry/embedded-engine/events";
import { type InlineResult, type ResourceState, runInline } from "@tenantry/embedded-engine/inline-run";
import type {
  Engine,
  ResourceView,
  RunOptions,
  RunResult,
  StackSpec,
} from "@tenantry/embedded-engine/interface";
import { postgresqlWithoutServer } from "@tenantry/embedded-engine/postgresql-without-server";
import { declareStack } from "../../infra/index.ts";
import { withoutSecretValues } from "../../infra/secrets.ts";
import type { StackModel } from "../repository/load.ts";
import { OfflineProvider } from "./offline-provider.ts";

/** The models of one stack before and after a change; undefined where the stack doesn't exist. */
export interface StackModels {
  /** An error if the manifests before the change can't be read. */
  readonly before: StackModel | UserError | undefined;
  readonly after: StackModel | undefined;
}

/** The name of the Pulumi project, which is part of each URN. */
const PROJECT = "tenants";

/**
 * An engine whose recorded state is what the models before a change declare. A preview compares the models after it with that
 * state. It runs the same program, and compares by the same code, as a run that calls vendors.
 */
export class OfflineEngine implements Engine {
  readonly name = "embedded";
  readonly #models: ReadonlyMap<string, StackModels>;
  readonly #today: string;
  readonly #states = new Map<string, Promise<readonly ResourceState[] | undefined>>();
  /** The SDK keeps settings of a run in this process, so runs don't overlap. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param today `2026-11-22` */
  constructor(models: ReadonlyMap<string, StackModels>, today: string) {
    this.#models = models;
    this.#today = today;
  }

  async resources({ stack }: StackSpec): Promise<readonly ResourceView[] | undefined> {
    return (await this.#before(stack))?.map(viewOf);
  }

  async preview({ stack }: StackSpec, { onEvent }: RunOptions = {}): Promise<RunResult> {
    const model = this.#models.get(stack)?.after;
    if (model === undefined) throw new Error(`${stack} has no manifest to compare`);
    const state = (await this.#before(stack)) ?? [];
    return this.#run("preview", stack, model, state, onEvent);
  }

  async stacks(): Promise<readonly string[]> {
    return [...this.#models].filter(([, { before }]) => before !== undefined).map(([stack]) => stack);
  }

  revision(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  tags(): Promise<Readonly<Record<string, string>>> {
    return Promise.resolve({});
  }

  outputs(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  up = refused;
  refresh = refused;
  destroy = refused;
  setTag = refused;
  rename = refused;

  #before(stack: string): Promise<readonly ResourceState[] | undefined> {
    const known = this.#states.get(stack) ?? this.#record(stack);
    this.#states.set(stack, known);
    return known;
  }

  async #record(stack: string): Promise<readonly ResourceState[] | undefined> {
    const model = this.#models.get(stack)?.before;
    if (model === undefined) return undefined;
    if (model instanceof UserError) throw model;
    const { result, state, diagnostics } = await this.#run("update", stack, model, [], undefined);
    if (result === "succeeded") return state;
    const messages = diagnostics.map(({ message }) => message);
    throw new UserError(
      [`${stack} can't be compared, because its manifests before the change have errors:`, ...messages].join(
        "\n",
      ),
      { remedy: "Compare with a revision in which they are valid: --since <commit>." },
    );
  }

  #run(
    kind: "preview" | "update",
    stack: string,
    model: StackModel,
    state: readonly ResourceState[],
    onEvent: RunOptions["onEvent"],
  ): Promise<InlineResult> {
    const run = () =>
      runInline({
        ...{ kind, stack, project: PROJECT, state },
        provide: (name) =>
          name === "postgresql" ? postgresqlWithoutServer() : new OfflineProvider(model.organization),
        program: () => withoutSecretValues(() => declareStack(model, this.#today)),
        ...(onEvent === undefined ? {} : { onEvent }),
      });
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function refused(): Promise<never> {
  return Promise.reject(new Error("a comparison of manifests changes nothing"));
}
