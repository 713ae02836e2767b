import { isDeepStrictEqual } from "node:util";
import { VendorError } from "@tenantry/core/errors";
import { isRecord } from "@tenantry/core/is-record";
import { type PropertyPath, valueAt } from "@tenantry/core/property-path";
import { UNKNOWN } from "@tenantry/core/pulumi-value";
import { Secret } from "@tenantry/core/secret";
import * as z from "zod";
import type { Connections, Context } from "../../vendors/connections.ts";
import { PartialError, type Resource } from "../resource.ts";
import { type CheckFailure, checkInputs } from "./protocol/check.ts";
import { diffInputs, type PropertyChange } from "./protocol/diff.ts";
import type { Redactor } from "./protocol/redact.ts";
import { hasUnknowns, textsIn, unwrap, wrap } from "./protocol/wire.ts";

/** A resource's properties in the encoding of Pulumi's protocol. */
export type Wire = Readonly<Record<string, unknown>>;

/** A resource in an engine's state. */
export interface Recorded {
  readonly id: string;
  readonly inputs: Wire;
  /** Includes the inputs. */
  readonly outputs: Wire;
}

/** The cancellation and progress of one call. */
export type Call = Pick<Context, "signal" | "status">;

/** The state that an engine must record for a resource that exists but is incomplete. */
export class PartialState extends Error {
  override readonly name = "PartialState";
  readonly id: string;
  readonly inputs: Wire;
  readonly outputs: Wire;

  constructor(cause: PartialError, inputs: Wire, outputs: Wire) {
    super(cause.message, { cause: cause.cause });
    this.id = cause.id;
    this.inputs = inputs;
    this.outputs = outputs;
  }
}

/** The operations of Pulumi's protocol. Converts between Pulumi's values and those of the resources. */
export class Operations {
  readonly #connections: Connections;
  readonly #redactor: Redactor;

  constructor(connections: Connections, redactor: Redactor) {
    this.#connections = connections;
    this.#redactor = redactor;
  }

  /** @param olds the recorded inputs; undefined for a new resource */
  check(
    resource: Resource,
    news: Wire,
    olds: Wire | undefined,
  ): { inputs: Wire; failures: readonly CheckFailure[] } {
    const { value, secrets } = unwrap(news);
    this.#learn(value, secrets);
    const { inputs, failures } = checkInputs(resource, value, olds && unwrap(olds).value);
    return { inputs: failures.length === 0 ? wrap(inputs, secrets) : news, failures };
  }

  /**
   * Calls a vendor only for a resource with watched outputs, and only if nothing else about it changed. If the vendor can't be
   * read, the resource is planned for an update, which reports that failure by itself: an error here would end the whole run,
   * and what revokes access with it.
   */
  async diff(
    resource: Resource,
    recorded: Recorded,
    news: Wire,
    call: Call,
  ): Promise<readonly PropertyChange[]> {
    const inputs = inputChanges(resource, recorded, news);
    const changes = [...inputs, ...this.#rederived(resource, recorded, news)];
    if (resource.watchedOutputs === undefined || changes.length > 0) return changes;
    const noticed = await unlessUnreadable(call, () => this.#notice(resource, recorded, call));
    return resource.watchedOutputs
      .filter((key) => noticed === undefined || !isDeepStrictEqual(noticed.after?.[key], noticed.before[key]))
      .map(changeOfOutput);
  }

  /**
   * The state that a run would record. Calls a vendor only for watched outputs and preflight checks. If the vendor can't be
   * read, the outputs are unknown; the run itself reports that.
   */
  async foresee(resource: Resource, news: Wire, recorded: Recorded | undefined, call: Call): Promise<Wire> {
    const { value, secrets } = unwrap(news);
    const before = recorded && this.#prior(resource, recorded);
    const prior = before?.outputs;
    const inputs = checkInputs(resource, value).inputs;
    if (before !== undefined) {
      const context = this.#connections.context("look", call);
      const declared = withoutUnknowns(inputs);
      await unlessUnreadable(call, async () => resource.preflight?.(context, before.inputs, declared));
    }
    const roots = () => this.#connections.roots;
    const isDerived = recorded !== undefined && resource.derives?.(inputs) === true;
    const derived = isDerived ? { derivedFrom: roots().current.fingerprint } : {};
    const foreseen = hasUnknowns(inputs) ? {} : (resource.previewOutputs?.(inputs, prior, roots) ?? {});
    const known = { ...foreseen, ...derived };
    const noticed = await this.#foreseeNoticed(resource, news, recorded, call);
    const stable = resource.stable.flatMap((key) => (prior && key in prior ? [[key, prior[key]]] : []));
    const unknown = Object.keys(resource.outputs.shape).map((key) => [key, UNKNOWN]);
    return wrap({ ...inputs, ...Object.fromEntries([...unknown, ...stable]), ...known, ...noticed }, secrets);
  }

  /** Values that were derived from an earlier root secret are derived again. */
  #rederived(resource: Resource, recorded: Recorded, news: Wire): PropertyChange[] {
    if (!resource.derives?.(checkInputs(resource, unwrap(news).value).inputs)) return [];
    const { derivedFrom } = unwrap(recorded.outputs).value;
    const fingerprint = typeof derivedFrom === "string" ? derivedFrom : undefined;
    return this.#connections.roots.isOutdated(fingerprint) ? [changeOfOutput("derivedFrom")] : [];
  }

  async create(resource: Resource, news: Wire, call: Call): Promise<{ id: string; outputs: Wire }> {
    return this.#ensure(resource, news, undefined, call);
  }

  async update(resource: Resource, news: Wire, recorded: Recorded, call: Call): Promise<Wire> {
    const { id, outputs } = await this.#ensure(resource, news, recorded, call);
    if (id !== recorded.id)
      throw new Error(`${resource.type} changed its id from ${recorded.id} to ${id} in an update`);
    return outputs;
  }

  async read(
    resource: Resource,
    recorded: Recorded,
    call: Call,
  ): Promise<{ inputs: Wire; outputs: Wire } | undefined> {
    const { secrets } = unwrap(recorded.inputs);
    const prior = this.#prior(resource, recorded);
    const found = await resource.observe(this.#connections.context("look", call), prior);
    if (found === undefined) return undefined;
    this.#learn({ ...found.inputs, ...found.outputs }, []);
    return {
      inputs: wrap(found.inputs, secrets),
      outputs: wrap({ ...found.inputs, ...withAbsent(resource, found.outputs) }, secrets),
    };
  }

  async delete(resource: Resource, recorded: Recorded, call: Call): Promise<void> {
    await resource.remove(this.#connections.context("write", call), this.#prior(resource, recorded));
  }

  async #ensure(
    resource: Resource,
    news: Wire,
    recorded: Recorded | undefined,
    call: Call,
  ): Promise<{ id: string; outputs: Wire }> {
    const { value, secrets } = unwrap(news);
    this.#learn(value, secrets);
    const prior = recorded && this.#prior(resource, recorded);
    const inputs = resource.inputs.parse(value);
    try {
      const { id, outputs } = await resource.ensure(this.#connections.context("write", call), inputs, prior);
      this.#learn(outputs, []);
      return { id, outputs: wrap({ ...inputs, ...withAbsent(resource, outputs) }, secrets) };
    } catch (error) {
      if (!(error instanceof PartialError)) throw error;
      this.#learn(error.outputs, []);
      throw new PartialState(error, news, wrap({ ...inputs, ...error.outputs }, secrets));
    }
  }

  /** A run records the watched outputs as they are now, if nothing else about the resource changes. */
  async #foreseeNoticed(
    resource: Resource,
    news: Wire,
    recorded: Recorded | undefined,
    call: Call,
  ): Promise<Wire> {
    if (resource.watchedOutputs === undefined || recorded === undefined) return {};
    if (inputChanges(resource, recorded, news).length > 0) return {};
    const noticed = await unlessUnreadable(call, () => this.#notice(resource, recorded, call));
    if (noticed?.after === undefined) return {};
    return withAbsent(resource, noticed.after);
  }

  /** The recorded and the live outputs. `after` is undefined if the resource is gone. */
  async #notice(
    resource: Resource,
    recorded: Recorded,
    call: Call,
  ): Promise<{ before: Wire; after: Wire | undefined }> {
    const prior = this.#prior(resource, recorded);
    const found = await resource.observe(this.#connections.context("look", call), prior);
    return { before: prior.outputs, after: found?.outputs };
  }

  /** An incomplete resource may lack some outputs. */
  #prior(resource: Resource, recorded: Recorded): { id: string; inputs: Wire; outputs: Wire } {
    const inputs = unwrap(recorded.inputs);
    const outputs = unwrap(recorded.outputs);
    this.#learn(inputs.value, inputs.secrets);
    this.#learn(outputs.value, outputs.secrets);
    return {
      id: recorded.id,
      inputs: parseRecorded(resource, z.object(resource.inputs.shape), inputs.value),
      outputs: parseRecorded(
        resource,
        z.object(resource.outputs.shape).partial(),
        withoutAbsent(outputs.value),
      ),
    };
  }

  /** Registers every secret that passes, so that no message contains one. */
  #learn(value: Wire, secrets: readonly PropertyPath[]): void {
    this.#redactor.learn(secrets.flatMap((path) => textsIn(valueAt(value, path))));
    this.#redactor.learn(secretsIn(value));
  }
}

function inputChanges(resource: Resource, recorded: Recorded, news: Wire): PropertyChange[] {
  const before = unwrap(recorded.inputs).value;
  const after = unwrap(news).value;
  const assumed = hasUnknowns(after) ? resource.assumeRecorded?.(before, after) : undefined;
  return diffInputs(resource, before, assumed ?? after);
}

/** @returns undefined if a vendor can't be read */
async function unlessUnreadable<T>(call: Call, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    call.status(`couldn't be read: ${error.message}`);
    return undefined;
  }
}

/** Absent outputs become null, because a preview treats an output that is missing from the state as unknown. */
function withAbsent(resource: Resource, outputs: Wire): Wire {
  return Object.fromEntries(Object.keys(resource.outputs.shape).map((key) => [key, outputs[key] ?? null]));
}

function withoutAbsent(outputs: Wire): Wire {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== null));
}

function withoutUnknowns(inputs: Wire): Wire {
  return Object.fromEntries(Object.entries(inputs).filter(([, value]) => !hasUnknowns(value)));
}

function changeOfOutput(key: string): PropertyChange {
  return { path: [key], kind: "update", replaces: false, output: true };
}

function parseRecorded(resource: Resource, schema: z.ZodObject, value: Wire): Wire {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `The recorded state of a ${resource.type} doesn't match this version of tenantry: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value];
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  return isRecord(value) ? Object.values(value).flatMap(secretsIn) : [];
}
