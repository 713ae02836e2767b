import { createHash } from "node:crypto";
import { UserError } from "@tenantry/core/errors";
import {
  decodedNumber,
  encodedNumber,
  isObject,
  isSecret,
  keysOf,
  mapObject,
  type PropertyMap,
  type PropertyValue,
  SECRET,
  SIGNATURE,
  withoutSecrets,
} from "./property-value.ts";
import type { CustomTimeouts, PendingOperation, ResourceState } from "./resource-state.ts";
import { NO_TIMEOUTS } from "./resource-state.ts";
import type { Crypter } from "./secrets.ts";

/** A stack's resources, and the operations that were running when the state was last written. */
export interface Deployment {
  readonly resources: readonly ResourceState[];
  readonly pendingOperations: readonly PendingOperation[];
}

/** The JSON of a state file: Pulumi's checkpoint, version 3. */
export interface CheckpointFile {
  readonly version: number;
  readonly features?: readonly string[];
  readonly checkpoint: {
    readonly stack: string;
    readonly latest?: {
      readonly manifest?: { readonly time: string; readonly magic: string; readonly version: string };
      readonly secrets_providers?: { readonly type: string; readonly state?: { readonly salt?: string } };
      readonly resources?: readonly SerializedResource[] | null;
      readonly pending_operations?:
        | readonly { readonly resource: SerializedResource; readonly type: PendingOperation["type"] }[]
        | null;
      readonly metadata?: object;
    } | null;
  };
}

/** A resource in the format of a state file, with encrypted secrets. */
type SerializedResource = Readonly<Record<string, unknown>> & {
  readonly urn: string;
  readonly custom: boolean;
  readonly type: string;
};

/** The engine version in the manifest of a state. The CLI only checks the digest of it. */
const MANIFEST_VERSION = "v3.248.0";

/** Fields that are preserved for the Pulumi CLI, although this engine doesn't use them. */
const CARRIED = ["aliases", "stackTrace"] as const;

/** The feature flag for `replaceWith`, which older engines refuse. A file with it has version 4. */
const REPLACE_WITH = "replaceWith";

/** Fields of a state that this engine doesn't support, and therefore refuses. */
const REFUSED: Readonly<Record<string, string>> = {
  taint: "a tainted resource",
  viewOf: "a view",
  resourceHooks: "resource hooks",
  refreshBeforeUpdate: "a refresh before its update",
  extensionRef: "a provider extension",
  snippetID: "a snippet",
};

/**
 * Ciphertexts by place and plaintext, so that unchanged secrets keep their ciphertext and an unchanged state keeps its bytes. The
 * place is part of the key, because equal secrets in two places must not have equal ciphertexts.
 */
export type CiphertextCache = Map<string, string>;

/**
 * Reads a state.
 *
 * @param crypter decrypts secrets; undefined for a stack without a salt, which can't have encrypted ones
 * @param cache receives the ciphertexts, so that `writeCheckpoint` can reuse them
 * @throws UserError for a version or feature that this engine doesn't support, and if the manifest's digest doesn't match
 */
export function readCheckpoint(
  file: CheckpointFile,
  crypter: Crypter | undefined,
  cache: CiphertextCache,
): Deployment {
  const latest = file.checkpoint.latest;
  const unsupported = (file.features ?? []).filter((feature) => feature !== REPLACE_WITH);
  if (file.version > 4 || unsupported.length > 0)
    throw new UserError(
      `The stack's state uses ${unsupported.join(", ") || `version ${file.version} of the format`}, which the embedded engine doesn't support.`,
      { remedy: "Use the Pulumi CLI for this stack: --engine cli." },
    );
  const magic = latest?.manifest?.magic;
  if (magic !== undefined && magic !== "" && magic !== magicOf(latest?.manifest?.version ?? ""))
    throw new UserError("The digest in the manifest of the stack's state doesn't match.", {
      remedy: "Restore the state from the .bak file next to it.",
    });
  const read = (resource: SerializedResource) => readResource(resource, crypter, cache);
  return {
    resources: (latest?.resources ?? []).map(read),
    pendingOperations: (latest?.pending_operations ?? []).map(({ resource, type }) => ({
      resource: read(resource),
      type,
    })),
  };
}

/**
 * Writes a state in the format of the Pulumi CLI, with secrets encrypted.
 *
 * @param stack the full name: `organization/<project>/<stack>`
 * @param cache ciphertexts to reuse for unchanged secrets
 */
export function writeCheckpoint(
  stack: string,
  deployment: Deployment,
  crypter: Crypter,
  cache: CiphertextCache,
  now: Date,
): CheckpointFile {
  const write = (resource: ResourceState) => writeResource(resource, crypter, cache);
  const replacesWith = deployment.resources.some(({ replaceWith }) => replaceWith.length > 0);
  return {
    ...(replacesWith ? { version: 4, features: [REPLACE_WITH] } : { version: 3 }),
    checkpoint: {
      stack,
      latest: {
        manifest: {
          time: now.toISOString(),
          magic: magicOf(MANIFEST_VERSION),
          version: MANIFEST_VERSION,
        },
        secrets_providers: { type: "passphrase", state: { salt: crypter.salt } },
        ...(deployment.resources.length > 0 && { resources: deployment.resources.map(write) }),
        ...(deployment.pendingOperations.length > 0 && {
          pending_operations: deployment.pendingOperations.map(({ resource, type }) => ({
            resource: write(resource),
            type,
          })),
        }),
        metadata: {},
      },
    },
  };
}

/** Decrypts every secret to the text `[secret]`. */
export const BLIND: Crypter = {
  salt: "",
  encrypt: () => {
    throw new Error("a blind reader writes nothing");
  },
  decrypt: () => JSON.stringify("[secret]"),
};

/** Whether the file contains secrets, so that reading it needs the key. */
export function holdsSecrets(file: CheckpointFile): boolean {
  return JSON.stringify(file).includes('"ciphertext":');
}

function magicOf(version: string): string {
  return createHash("sha256").update(version).digest("hex");
}

function readResource(
  raw: SerializedResource,
  crypter: Crypter | undefined,
  cache: CiphertextCache,
): ResourceState {
  for (const [field, what] of Object.entries(REFUSED))
    if (raw[field])
      throw new UserError(`The state of ${raw.urn} has ${what}, which the embedded engine doesn't support.`, {
        remedy: "Use the Pulumi CLI for this stack: --engine cli.",
      });
  const decrypt = (field: "inputs" | "outputs") =>
    decryptProperties((raw[field] ?? {}) as PropertyMap, `${raw.urn} ${field}`, crypter, cache);
  return {
    urn: raw.urn,
    custom: raw.custom,
    delete: raw.delete === true,
    id: text(raw.id),
    type: raw.type,
    inputs: decrypt("inputs"),
    outputs: decrypt("outputs"),
    parent: text(raw.parent),
    protect: raw.protect === true,
    external: raw.external === true,
    dependencies: list(raw.dependencies),
    propertyDependencies: Object.fromEntries(
      Object.entries((raw.propertyDependencies ?? {}) as Record<string, string[] | null>).map(
        ([key, urns]) => [key, urns ?? []],
      ),
    ),
    initErrors: list(raw.initErrors),
    provider: text(raw.provider),
    pendingReplacement: raw.pendingReplacement === true,
    additionalSecretOutputs: list(raw.additionalSecretOutputs),
    retainOnDelete: raw.retainOnDelete === true,
    deletedWith: text(raw.deletedWith),
    replaceWith: list(raw.replaceWith),
    replacementTrigger: decryptTrigger(raw, crypter, cache),
    importID: text(raw.importID),
    customTimeouts: { ...NO_TIMEOUTS, ...(raw.customTimeouts as Partial<CustomTimeouts> | undefined) },
    created: raw.created as string | undefined,
    modified: raw.modified as string | undefined,
    sourcePosition: text(raw.sourcePosition),
    ignoreChanges: list(raw.ignoreChanges),
    replaceOnChanges: list(raw.replaceOnChanges),
    hideDiff: (raw.hideDiff ?? []) as ResourceState["hideDiff"],
    carried: Object.fromEntries(
      CARRIED.flatMap((key) => (raw[key] === undefined ? [] : [[key, raw[key]] as const])),
    ),
  };
}

/** Omits empty fields, and writes the others in Pulumi's order. */
function writeResource(state: ResourceState, crypter: Crypter, cache: CiphertextCache): SerializedResource {
  const encrypt = (field: "inputs" | "outputs") =>
    encryptProperties(state[field], `${state.urn} ${field}`, crypter, cache);
  const fields = {
    urn: state.urn,
    custom: state.custom,
    delete: state.delete,
    id: state.id,
    type: state.type,
    inputs: encrypt("inputs"),
    outputs: encrypt("outputs"),
    parent: state.parent,
    protect: state.protect,
    external: state.external,
    dependencies: state.dependencies,
    initErrors: state.initErrors,
    provider: state.provider,
    propertyDependencies: state.propertyDependencies,
    pendingReplacement: state.pendingReplacement,
    additionalSecretOutputs: state.additionalSecretOutputs,
    customTimeouts: Object.fromEntries(
      Object.entries(state.customTimeouts).filter(([, value]) => value !== 0),
    ),
    importID: state.importID,
    retainOnDelete: state.retainOnDelete,
    deletedWith: state.deletedWith,
    replaceWith: state.replaceWith,
    created: state.created,
    modified: state.modified,
    sourcePosition: state.sourcePosition,
    ignoreChanges: state.ignoreChanges,
    hideDiff: state.hideDiff,
    replaceOnChanges: state.replaceOnChanges,
    replacementTrigger: encryptTrigger(state, crypter, cache),
    ...state.carried,
  };
  const kept = Object.entries(fields).filter(([key, value]) => key === "custom" || !isEmpty(value));
  return Object.fromEntries(kept) as SerializedResource;
}

/** The trigger is a single value, not a map, so it is wrapped in one. */
function decryptTrigger(
  raw: SerializedResource,
  crypter: Crypter | undefined,
  cache: CiphertextCache,
): PropertyValue | undefined {
  if (raw.replacementTrigger === undefined) return undefined;
  const trigger = { replacementTrigger: raw.replacementTrigger as PropertyValue };
  return decryptProperties(trigger, raw.urn, crypter, cache).replacementTrigger;
}

function encryptTrigger(
  state: ResourceState,
  crypter: Crypter,
  cache: CiphertextCache,
): PropertyValue | undefined {
  const { urn, replacementTrigger } = state;
  if (replacementTrigger === undefined) return undefined;
  return encryptProperties({ replacementTrigger }, urn, crypter, cache).replacementTrigger;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

function decryptProperties(
  values: PropertyMap,
  place: string,
  crypter: Crypter | undefined,
  cache: CiphertextCache,
): PropertyMap {
  return mapObject(values, (value, path) => {
    if (!isSecret(value)) return decodedNumber(value);
    const ciphertext = value.ciphertext;
    const plaintext = value.plaintext;
    if (typeof ciphertext !== "string" && typeof plaintext !== "string") return undefined;
    if (typeof ciphertext === "string" && crypter === undefined)
      throw new Error(`${place}: the state has secrets, but no salt`);
    const json =
      typeof ciphertext === "string" && crypter !== undefined
        ? crypter.decrypt(ciphertext)
        : (plaintext as string);
    if (typeof ciphertext === "string") cache.set(cacheKey(place, keysOf(path), json), ciphertext);
    return { [SIGNATURE]: SECRET, value: nestedInClear(JSON.parse(json) as PropertyValue) };
  });
}

/** Opens secrets inside a secret. Only the outer one is encrypted: the inner `ciphertext` is plain JSON. */
function nestedInClear(value: PropertyValue): PropertyValue {
  const number = decodedNumber(value);
  if (number !== undefined) return number;
  if (isSecret(value)) {
    const json = value.plaintext ?? value.ciphertext;
    if (typeof json === "string") return nestedInClear(JSON.parse(json) as PropertyValue);
  }
  if (Array.isArray(value)) return value.map(nestedInClear);
  if (isObject(value)) return mapObject(value, nestedInClear);
  return value;
}

function encryptProperties(
  values: PropertyMap,
  place: string,
  crypter: Crypter,
  cache: CiphertextCache,
): PropertyMap {
  return mapObject(values, (value, path) => {
    if (!isSecret(value)) return encodedNumber(value);
    const { plain } = mapObject({ plain: withoutSecrets(value) }, encodedNumber);
    const plaintext = JSON.stringify(plain);
    const key = cacheKey(place, keysOf(path), plaintext);
    const ciphertext = cache.get(key) ?? crypter.encrypt(plaintext);
    cache.set(key, ciphertext);
    return { [SIGNATURE]: SECRET, ciphertext };
  });
}

function cacheKey(place: string, path: readonly (string | number)[], plaintext: string): string {
  return `${place} ${JSON.stringify(path)} ${plaintext}`;
}
