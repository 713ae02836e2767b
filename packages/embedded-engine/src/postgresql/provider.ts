import { randomBytes } from "node:crypto";
import { NO_CHANGE } from "../diff.ts";
import {
  containsUnknowns,
  equalValues,
  isUnknown,
  type PropertyMap,
  type PropertyValue,
  UNKNOWN,
  withoutSecrets,
} from "../property-value.ts";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  InvokeResult,
  PropertyDiff,
  Provider,
  ReadRequest,
  ReadResult,
  UpdateRequest,
} from "../provider.ts";
import { nameOf, typeOf, type Urn } from "../urn.ts";
import { Server } from "./connection.ts";
import { defaultPrivilegesType } from "./default-privileges.ts";
import { extensionType } from "./extension.ts";
import { grantType } from "./grant.ts";
import { type ResourceType, textOf } from "./resource-type.ts";
import { schemaType } from "./schema.ts";

/** The supported types. The plugin has more. */
const TYPES: Readonly<Record<string, ResourceType>> = {
  "postgresql:index/schema:Schema": schemaType,
  "postgresql:index/extension:Extension": extensionType,
  "postgresql:index/grant:Grant": grantType,
  "postgresql:index/defaultPrivileges:DefaultPrivileges": defaultPrivilegesType,
  // The former name, which the SDK still exports.
  "postgresql:index/defaultPrivileg:DefaultPrivileg": defaultPrivilegesType,
};

/** The input that lists the properties with default values. */
const DEFAULTS = "__defaults";

/**
 * Replaces the plugin of `@pulumi/postgresql`, which would have to be downloaded. It uses the same inputs, outputs and ids for the
 * types above, so that the plugin can continue from its state. It refuses all other types.
 *
 * @see https://www.pulumi.com/registry/packages/postgresql/
 */
export class PostgresqlProvider implements Provider {
  #server: Server | undefined;
  readonly #rootCertificate: string | undefined;

  /** @param env the environment of the run */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#rootCertificate = env.PGSSLROOTCERT;
  }

  async checkConfig(request: CheckRequest): Promise<CheckResult> {
    return { inputs: request.news, failures: [] };
  }

  /** A change of the server is an update, as with the plugin: resources are then expected on the new server. */
  async diffConfig(): Promise<DiffResult> {
    return { ...NO_CHANGE, changes: "unknown" };
  }

  async configure(request: { readonly inputs: PropertyMap }): Promise<void> {
    this.#server = new Server(request.inputs, this.#rootCertificate);
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    const type = knownType(request.urn);
    const inputs = withDefaults(type, request);
    const missing = Object.entries(type.properties).flatMap(([key, { required }]) =>
      required && inputs[key] === undefined ? [{ property: key, reason: "it is missing" }] : [],
    );
    const unexpected = Object.keys(inputs).flatMap((key) =>
      key === DEFAULTS || type.properties[key] !== undefined
        ? []
        : [{ property: key, reason: "the embedded engine doesn't support it" }],
    );
    const failures = [...missing, ...unexpected];
    if (failures.length > 0 || containsUnknowns(inputs)) return { inputs, failures };
    return { inputs, failures: type.validate(withoutSecrets(inputs)) };
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    const type = knownType(request.urn);
    const changes = new Map<string, PropertyDiff>();
    for (const [key, property] of Object.entries(type.properties)) {
      const before = withoutSecrets(request.oldOutputs[key] ?? null);
      const after = withoutSecrets(request.news[key] ?? null);
      const untouched = after === null && (property.computed === true || isNothing(before));
      if (untouched || request.ignoreChanges.includes(key) || sameValue(before, after, property.set))
        continue;
      changes.set(key, { kind: property.replaces === true ? "update-replace" : "update", inputDiff: true });
    }
    if (changes.size === 0) return NO_CHANGE;
    const replaces = [...changes].filter(([, { kind }]) => kind === "update-replace").map(([key]) => key);
    return {
      changes: "some",
      diffs: [...changes.keys()],
      replaces,
      deleteBeforeReplace: replaces.length > 0 && type.deleteBeforeReplace,
      detailedDiff: Object.fromEntries(changes),
    };
  }

  async create(request: CreateRequest): Promise<CreateResult> {
    const type = knownType(request.urn);
    if (request.preview) return { id: "", outputs: foreseen(type, request.inputs) };
    return this.#ensure(request.urn, request.inputs, undefined);
  }

  async update(request: UpdateRequest): Promise<{ readonly outputs: PropertyMap }> {
    if (request.preview) return { outputs: { ...request.oldOutputs, ...propertiesOf(request.news) } };
    return this.#ensure(request.urn, request.news, request.oldOutputs);
  }

  async read(request: ReadRequest): Promise<ReadResult | undefined> {
    const type = knownType(request.urn);
    const known = withoutSecrets(propertiesOf(request.outputs));
    const server = this.#configured();
    const found = await server.transaction(databaseOf(known, server), (query) => type.read(query, known));
    if (found === undefined) return undefined;
    const inputs = Object.entries(request.inputs).map(([key, value]) => {
      const now = found[key];
      const kept = now === undefined || sameValue(withoutSecrets(value), now, type.properties[key]?.set);
      return [key, kept ? value : now] as const;
    });
    return {
      id: request.id,
      inputs: Object.fromEntries(inputs),
      outputs: { ...found, id: request.id },
      initErrors: [],
    };
  }

  async delete(request: DeleteRequest): Promise<void> {
    const type = knownType(request.urn);
    const known = withoutSecrets(propertiesOf(request.outputs));
    const server = this.#configured();
    await server.transaction(databaseOf(known, server), (query) => type.remove(query, known));
  }

  async invoke(token: string): Promise<InvokeResult> {
    throw new Error(`the embedded engine doesn't support the function ${token} of package postgresql`);
  }

  async cancel(): Promise<void> {
    this.#server?.cancel();
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async #ensure(urn: Urn, inputs: PropertyMap, olds: PropertyMap | undefined): Promise<CreateResult> {
    const type = knownType(urn);
    const wanted = withoutSecrets(propertiesOf(inputs));
    const server = this.#configured();
    const found = await server.transaction(databaseOf(wanted, server), async (query) => {
      await type.ensure(query, wanted, olds === undefined ? undefined : withoutSecrets(propertiesOf(olds)));
      return type.read(query, wanted);
    });
    const id = type.id(wanted, server.database);
    if (found === undefined) throw new Error(`${id} doesn't exist right after it was created`);
    return { id, outputs: { ...found, id } };
  }

  #configured(): Server {
    if (this.#server === undefined) throw new Error("the postgresql provider wasn't configured");
    return this.#server;
  }
}

function knownType(urn: Urn): ResourceType {
  const type = TYPES[typeOf(urn)];
  if (type === undefined)
    throw new Error(
      `the embedded engine doesn't support the type ${typeOf(urn)} of package postgresql; use the Pulumi CLI: --engine cli`,
    );
  return type;
}

function databaseOf(properties: PropertyMap, server: Server): string {
  return textOf(properties, "database") || server.database;
}

/** Adds defaults to the inputs: those of the schema, and a name with a random suffix that later runs keep. */
function withDefaults(type: ResourceType, request: CheckRequest): PropertyMap {
  const inputs: Record<string, PropertyValue> = { ...request.news };
  const filled: string[] = [];
  for (const [key, property] of Object.entries(type.properties)) {
    if (inputs[key] !== undefined || (property.default === undefined && key !== "name")) continue;
    inputs[key] = property.default ?? request.olds.name ?? autoName(request.urn);
    filled.push(key);
  }
  return { ...inputs, [DEFAULTS]: filled.sort() };
}

function autoName(urn: Urn): string {
  return `${nameOf(urn)}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}

function propertiesOf(values: PropertyMap): PropertyMap {
  const { [DEFAULTS]: _, id: __, ...properties } = values;
  return properties;
}

/** The outputs that a preview shows. */
function foreseen(type: ResourceType, inputs: PropertyMap): PropertyMap {
  const computed = Object.entries(type.properties).filter(
    ([key, property]) => property.computed && inputs[key] === undefined,
  );
  return { ...propertiesOf(inputs), ...Object.fromEntries(computed.map(([key]) => [key, UNKNOWN])) };
}

function isNothing(value: PropertyValue): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function sameValue(before: PropertyValue, after: PropertyValue, set: boolean | undefined): boolean {
  if (isUnknown(after)) return false;
  // The plugin records an empty set as null.
  if (set === true && isNothing(before) && isNothing(after)) return true;
  if (set !== true || !Array.isArray(before) || !Array.isArray(after)) return equalValues(before, after);
  const sorted = (list: readonly PropertyValue[]) => [...list].sort();
  return equalValues(sorted(before), sorted(after));
}
