import { createHash } from "node:crypto";
import { archiveHash } from "./archives.ts";
import { bytesOf } from "./asset-bytes.ts";
import {
  contains,
  isArchive,
  isAsset,
  isObject,
  mapObject,
  type PropertyMap,
  type PropertyValue,
} from "./property-value.ts";
import type { Urn } from "./urn.ts";

/**
 * Adds to each asset and archive the hash that detects its changes, and removes the SDK's own marks. The SDK leaves the hash to the
 * engine.
 *
 * @param folder the program's folder, which paths are relative to
 */
export async function hashAssets(values: PropertyMap, folder: string, urn: Urn): Promise<PropertyMap> {
  const isEither = (value: PropertyValue) => isAsset(value) || isArchive(value);
  return contains(values, isEither) ? await hashEach(withoutMarks(values), folder, urn) : values;
}

/** Removes the marks by which the SDK recognizes its own objects from assets and archives. */
export function withoutMarks(values: PropertyMap): PropertyMap {
  return mapObject(values, (value) => {
    if (!isAsset(value) && !isArchive(value)) return undefined;
    const { __pulumiAsset: _, __pulumiArchive: __, ...plain } = value;
    return isObject(plain.assets) ? { ...plain, assets: withoutMarks(plain.assets) } : plain;
  });
}

async function hashInside(value: PropertyValue, folder: string, urn: Urn): Promise<PropertyValue> {
  if (isAsset(value)) return { ...value, hash: sha256(await bytesOf(value, folder, urn)) };
  if (isArchive(value)) return hashArchive(value, folder, urn);
  if (Array.isArray(value)) return Promise.all(value.map((item) => hashInside(item, folder, urn)));
  return isObject(value) ? hashEach(value, folder, urn) : value;
}

async function hashEach(values: PropertyMap, folder: string, urn: Urn): Promise<PropertyMap> {
  const entries = Object.entries(values).map(
    async ([key, inner]) => [key, await hashInside(inner, folder, urn)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function hashArchive(archive: PropertyMap, folder: string, urn: Urn): Promise<PropertyMap> {
  const hashed = { ...archive, hash: await archiveHash(archive, folder, urn) };
  if (!isObject(archive.assets)) return hashed;
  return { ...hashed, assets: await hashEach(archive.assets, folder, urn) };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
