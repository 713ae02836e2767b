import { formatPath } from "@tenantry/core/property-path";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DiffRequest,
  DiffResult,
  PropertyDiff,
  PropertyMap,
  Provider,
  UpdateRequest,
} from "@tenantry/embedded-engine/inline-run";
import type { OrganizationModel } from "../model/model.ts";
import { type ResourceType, resourceOf } from "../provider/registry.ts";
import type { Resource } from "../provider/resource.ts";
import { Operations, type Wire } from "../provider/runtime/operations.ts";
import { replacesOf, topOf } from "../provider/runtime/protocol/diff.ts";
import { Redactor } from "../provider/runtime/protocol/redact.ts";
import { unwrap, wrap } from "../provider/runtime/protocol/wire.ts";
import { rootSecretsFrom } from "../shared/root-secret.ts";
import { Connections } from "../vendors/connections.ts";
import { recordedId, recordedOutputs } from "./recorded-outputs.ts";

/** Stands for the root secret, which a comparison doesn't have. Both sides derive from it, so they derive the same. */
const NO_ROOT_SECRET = { TENANTRY_ROOT_SECRET: "this comparison has no root secret".padEnd(64, ".") };

/** Nothing is called, so nothing can be cancelled or report progress. */
const CALL = { signal: new AbortController().signal, status: () => undefined };

const DONE = Promise.resolve();

/**
 * The `tenantry` provider without any vendor. It checks and compares resources like the real one, and records in place of a
 * creation what an earlier run would have recorded.
 */
export class OfflineProvider implements Provider {
  readonly #organization: OrganizationModel | undefined;
  readonly #operations = new Operations(new Connections(NO_ROOT_SECRET, CALL.signal), new Redactor());

  /** @param organization undefined for a platform's own stack */
  constructor(organization: OrganizationModel | undefined) {
    this.#organization = organization;
  }

  async checkConfig({ news }: CheckRequest): Promise<CheckResult> {
    return { inputs: news, failures: [] };
  }

  async diffConfig(): Promise<DiffResult> {
    return { changes: "none", ...UNCHANGED };
  }

  configure(): Promise<void> {
    return DONE;
  }

  async check({ urn, news, olds }: CheckRequest): Promise<CheckResult> {
    const before = Object.keys(olds).length === 0 ? undefined : olds;
    const { inputs, failures } = this.#operations.check(resourceFor(urn), news, before);
    return { inputs: asMap(inputs), failures };
  }

  async diff({ urn, id, oldInputs, oldOutputs, news }: DiffRequest): Promise<DiffResult> {
    const recorded = { id, inputs: oldInputs, outputs: oldOutputs };
    const changes = await this.#operations.diff(resourceFor(urn), recorded, news, CALL);
    if (changes.length === 0) return { changes: "none", ...UNCHANGED };
    const kinds = changes.map(({ path, kind, replaces, output }): [string, PropertyDiff] => [
      formatPath(path),
      { kind: replaces ? `${kind}-replace` : kind, inputDiff: output !== true },
    ]);
    // A message of the protocol has its entries in this order.
    const detailed = kinds.sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      ...{ changes: "some", deleteBeforeReplace: false },
      ...{ replaces: replacesOf(changes), diffs: topOf(changes), detailedDiff: Object.fromEntries(detailed) },
    };
  }

  async create({ urn, inputs, preview }: CreateRequest): Promise<CreateResult> {
    const resource = resourceFor(urn);
    if (preview)
      return {
        id: "",
        outputs: asMap(await this.#operations.foresee(resource, inputs, undefined, CALL)),
      };
    const id = recordedId(resource.type as ResourceType, unwrap(inputs).value);
    return { id, outputs: asMap(this.#recorded(resource, inputs)) };
  }

  async update({ urn, id, oldInputs, oldOutputs, news }: UpdateRequest) {
    const recorded = { id, inputs: oldInputs, outputs: oldOutputs };
    return { outputs: asMap(await this.#operations.foresee(resourceFor(urn), news, recorded, CALL)) };
  }

  read(): Promise<never> {
    return refused("read");
  }

  delete(): Promise<never> {
    return refused("delete");
  }

  invoke(): Promise<never> {
    return refused("call");
  }

  cancel(): Promise<void> {
    return DONE;
  }

  close(): Promise<void> {
    return DONE;
  }

  /** Every output is present, because a preview treats one that is missing from the state as unknown. */
  #recorded(resource: Resource, inputs: Wire): Wire {
    const { value, secrets } = unwrap(inputs);
    const absent = Object.keys(resource.outputs.shape).map((key) => [key, null]);
    const known = recordedOutputs(resource.type as ResourceType, value, this.#organization);
    const outputs = {
      ...Object.fromEntries(absent),
      ...(resource.derives?.(value) === true ? { derivedFrom: ROOTS.current.fingerprint } : {}),
      ...resource.previewOutputs?.(value, {}, () => ROOTS),
      ...known,
    };
    return wrap({ ...value, ...outputs }, secrets);
  }
}

const ROOTS = rootSecretsFrom(NO_ROOT_SECRET);

const UNCHANGED = { replaces: [], diffs: [], deleteBeforeReplace: false, detailedDiff: undefined };

/** A comparison never asks about outputs that change by themselves, nor whether the live state allows a change. */
function resourceFor(urn: string): Resource {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const resource = resourceOf(type);
  if (resource === undefined) throw new Error(`the provider has no resource type ${type}`);
  const { watchedOutputs: _watched, preflight: _preflight, ...rest } = resource;
  return rest;
}

/** The values come from JSON, or are marked as Pulumi's protocol does. */
function asMap(values: Wire): PropertyMap {
  return values as PropertyMap;
}

function refused(what: string): Promise<never> {
  return Promise.reject(new Error(`a comparison of manifests can't ${what} anything`));
}
