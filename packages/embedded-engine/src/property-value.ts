import { isRecord } from "@tenantry/core/is-record";
import {
  ARCHIVE,
  ASSET,
  isUnknown,
  OUTPUT,
  RESOURCE,
  SECRET,
  SIGNATURE,
  UNKNOWN,
} from "@tenantry/core/pulumi-value";
import { fieldsOf, structOf } from "@tenantry/core/struct-message";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * A property value in the format of Pulumi's protocol: JSON in which secrets, resource references, assets and archives are objects
 * with a signature, and unknown values are fixed strings.
 *
 * @see https://www.pulumi.com/docs/iac/using-pulumi/extending-pulumi/provider-architecture/
 */
export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue };

/** Property values by name. */
export type PropertyMap = { readonly [key: string]: PropertyValue };

export { isUnknown, SECRET, SIGNATURE, UNKNOWN };

/**
 * The signature of a number in a state file that JSON lacks: an infinity, or NaN.
 *
 * @see https://github.com/pulumi/pulumi/blob/master/pkg/resource/stack/deployment.go (floatSignature)
 */
const FLOAT = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c";

/** The JSON form of a number that JSON lacks; undefined for any other value. */
export function encodedNumber(value: PropertyValue): PropertyMap | undefined {
  if (typeof value !== "number" || Number.isFinite(value)) return undefined;
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return { [SIGNATURE]: FLOAT, value: bits.toString("hex") };
}

/** The number of the form that `encodedNumber` returns; undefined for any other value. */
export function decodedNumber(value: PropertyValue): number | undefined {
  if (signatureOf(value) !== FLOAT || !isObject(value)) return undefined;
  return Buffer.from(String(value.value), "hex").readDoubleBE();
}

/** Values as a message of the protocol. */
export function toStruct(values: PropertyMap): Struct {
  return structOf(values);
}

/** The values of a message; empty if there is none. */
export function fromStruct(values: Struct | undefined): PropertyMap {
  return values === undefined ? {} : fieldsOf(values);
}

/** Whether a value is a JSON object, including special ones. */
export function isObject(value: PropertyValue | undefined): value is PropertyMap {
  return isRecord(value);
}

/** Whether a value is marked as secret as a whole. See `containsSecrets` for values inside. */
export function isSecret(value: PropertyValue | undefined): value is PropertyMap {
  return signatureOf(value) === SECRET;
}

/** Whether a value is an asset. */
export function isAsset(value: PropertyValue | undefined): value is PropertyMap {
  return signatureOf(value) === ASSET;
}

/** Whether a value is an archive. */
export function isArchive(value: PropertyValue | undefined): value is PropertyMap {
  return signatureOf(value) === ARCHIVE;
}

/** Whether a value refers to a resource. */
export function isResourceReference(value: PropertyValue | undefined): value is PropertyMap {
  return signatureOf(value) === RESOURCE;
}

/** An output value with its dependencies. The SDK sends none to an engine that doesn't ask for them. */
export function isOutputValue(value: PropertyValue | undefined): boolean {
  return signatureOf(value) === OUTPUT;
}

function signatureOf(value: PropertyValue | undefined): PropertyValue | undefined {
  return isObject(value) ? value[SIGNATURE] : undefined;
}

/** Marks a value as secret. Secrets inside it are opened: one mark is enough. */
export function secretOf(value: PropertyValue): PropertyMap {
  return { [SIGNATURE]: SECRET, value: withoutSecrets(value) };
}

/** Returns the value that replaces another, or undefined to continue inside it. */
type Replace = (value: PropertyValue, path: Path) => PropertyValue | undefined;

/** The place of a value inside a map. It is a linked list, because most values are visited without asking for their path. */
interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
}

/** The keys that lead to a value, from the outside in. */
export function keysOf({ parent, key }: Path): readonly (string | number)[] {
  return parent === undefined ? [key] : [...keysOf(parent), key];
}

function mapValue(value: PropertyValue, replace: Replace, path: Path): PropertyValue {
  const replaced = replace(value, path);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return mapItems(value, replace, path);
  return isObject(value) ? mapEntries(value, replace, path) : value;
}

/**
 * Replaces values from the outside in. Where `replace` returns undefined, continues inside the value. What contains no replaced
 * value stays the same object: inputs can hold thousands of people, and most passes replace nothing.
 */
export function mapObject(values: PropertyMap, replace: Replace): PropertyMap {
  return mapEntries(values, replace, undefined);
}

function mapItems(
  values: readonly PropertyValue[],
  replace: Replace,
  parent: Path,
): readonly PropertyValue[] {
  const mapped = values.map((item, key) => mapValue(item, replace, { parent, key }));
  return mapped.every((item, index) => item === values[index]) ? values : mapped;
}

function mapEntries(values: PropertyMap, replace: Replace, parent: Path | undefined): PropertyMap {
  let isChanged = false;
  const entries = Object.entries(values);
  for (const entry of entries) {
    const [key, value] = entry;
    const mapped = mapValue(value, replace, { parent, key });
    if (mapped === value) continue;
    entry[1] = mapped;
    isChanged = true;
  }
  // Object.fromEntries defines properties, so that __proto__ is an ordinary key.
  return isChanged ? Object.fromEntries(entries) : values;
}

/** The value in plain text, with secrets opened at any depth. */
export function withoutSecrets<V extends PropertyValue>(value: V): V {
  const open: Replace = (inner) => (isSecret(inner) ? withoutSecrets(inner.value ?? null) : undefined);
  return (mapObject({ value }, open) as { readonly value: V }).value;
}

/** Replaces secrets by `[secret]`. */
export function blinded(values: PropertyMap): PropertyMap {
  return mapObject(values, (value) => (isSecret(value) ? "[secret]" : undefined));
}

/** Whether the value, or a value inside it at any depth, passes the test. */
export function contains(value: PropertyValue, test: (value: PropertyValue) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => contains(item, test));
  return isObject(value) && Object.values(value).some((item) => contains(item, test));
}

/** Whether a value is unknown, or contains an unknown value. */
export function containsUnknowns(value: PropertyValue): boolean {
  return contains(value, isUnknown);
}

/** Whether a value is secret, or contains a secret. */
export function containsSecrets(value: PropertyValue): boolean {
  return contains(value, isSecret);
}

/** Marks the named outputs as secret, and outputs whose input of the same name is secret. */
export function markSecrets(
  outputs: PropertyMap,
  inputs: PropertyMap,
  additional: readonly string[],
): PropertyMap {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => {
      const secret = additional.includes(key) || isSecret(inputs[key]);
      return [key, secret && !isSecret(value) ? secretOf(value) : value];
    }),
  );
}

/** Restores secret marks on the values that a provider without support for secrets returned, by name. */
export function annotateSecrets(values: PropertyMap, source: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const original = source[key];
      if (original === undefined || isSecret(value)) return [key, value];
      if (isPlainObject(value) && isPlainObject(original)) return [key, annotateSecrets(value, original)];
      return [key, containsSecrets(original) ? secretOf(value) : value];
    }),
  );
}

function isPlainObject(value: PropertyValue): value is PropertyMap {
  return isObject(value) && value[SIGNATURE] === undefined;
}

/** Whether two values are equal at any depth. The order of keys doesn't matter, and a secret never equals a plain value. */
export function equalValues(left: PropertyValue | undefined, right: PropertyValue | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => equalValues(item, right[index]));
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equalValues(left[key], right[key]))
  );
}
