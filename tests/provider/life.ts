import { isDeepStrictEqual } from "node:util";
import { isRecord } from "@tenantry/core/is-record";
import type { z } from "zod";
import type { Resource } from "../../src/provider/resource.ts";
import type { Context } from "../../src/vendors/connections.ts";

/** Creates, updates, refreshes and removes one resource like an engine, against the sandbox. */
export class Life<I extends z.ZodObject, O extends z.ZodObject> {
  readonly #resource: Resource<I, O>;
  readonly #context: (mode: "look" | "write") => Context;
  #prior: { id: string; inputs: z.infer<I>; outputs: z.infer<O> } | undefined;

  constructor(resource: Resource<I, O>, context: (mode: "look" | "write") => Context) {
    this.#resource = resource;
    this.#context = context;
  }

  /** The inputs that the last update or refresh recorded. */
  get inputs(): z.infer<I> {
    if (this.#prior === undefined) throw new Error("it isn't there");
    return this.#prior.inputs;
  }

  get outputs(): z.infer<O> {
    if (this.#prior === undefined) throw new Error("it isn't there");
    return this.#prior.outputs;
  }

  /** Creates the resource, or updates the recorded one. */
  async up(inputs: z.input<I>): Promise<z.infer<O>> {
    const checked = this.#resource.inputs.parse(inputs) as z.infer<I>;
    const problems = this.#resource.validate?.(checked) ?? [];
    if (problems.length > 0) throw new Error(problems.map((it) => `${it.property}: ${it.reason}`).join("; "));
    const { id, outputs } = await this.#resource.ensure(this.#context("write"), checked, this.#prior);
    if (this.#prior !== undefined && id !== this.#prior.id)
      throw new Error(`an update changed the id from ${this.#prior.id} to ${id}`);
    this.#prior = { id, inputs: checked, outputs: this.#resource.outputs.parse(outputs) as z.infer<O> };
    return this.#prior.outputs;
  }

  /** Previews an update. */
  async preview(inputs: z.input<I>): Promise<void> {
    if (this.#prior === undefined) throw new Error("it isn't there");
    const checked = this.#resource.inputs.parse(inputs) as z.infer<I>;
    await this.#resource.preflight?.(this.#context("look"), this.#prior.inputs, checked);
  }

  /** Refreshes: records the live state and returns the paths at which it differs from the declaration. */
  async refresh(context = this.#context): Promise<string[] | "gone"> {
    if (this.#prior === undefined) throw new Error("it isn't there");
    const found = await this.#resource.observe(context("look"), this.#prior);
    if (found === undefined) {
      this.#prior = undefined;
      return "gone";
    }
    const checked = this.#resource.inputs.parse(found.inputs) as z.infer<I>;
    const paths = differences(this.#prior.inputs, checked);
    this.#prior = { ...this.#prior, inputs: checked, outputs: found.outputs };
    return paths;
  }

  async remove(): Promise<void> {
    if (this.#prior === undefined) throw new Error("it isn't there");
    await this.#resource.remove(this.#context("write"), this.#prior);
  }

  /** Simulates a run that was killed before it wrote its state. */
  forget(): void {
    this.#prior = undefined;
  }
}

function differences(a: unknown, b: unknown, path = ""): string[] {
  if (isDeepStrictEqual(a, b)) return [];
  if (!isRecord(a) || !isRecord(b)) return [path];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differences(a[key], b[key], path === "" ? key : `${path}/${key}`)).sort();
}
