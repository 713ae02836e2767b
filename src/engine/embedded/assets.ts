import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { unsupported } from "./goal.ts";
import {
  contains,
  isArchive,
  isAsset,
  isObject,
  type PropertyMap,
  type PropertyValue,
} from "./property-value.ts";
import type { Urn } from "./urn.ts";

/**
 * Gives each asset the hash of its bytes, by which its changes are seen: the engine's part, not the SDK's.
 *
 * @param folder where the program runs, which paths are relative to
 */
export async function hashAssets(inputs: PropertyMap, folder: string, urn: Urn): Promise<PropertyMap> {
  if (contains(inputs, isArchive)) throw unsupported("an archive", urn);
  return contains(inputs, isAsset) ? ((await hashInside(inputs, folder, urn)) as PropertyMap) : inputs;
}

async function hashInside(value: PropertyValue, folder: string, urn: Urn): Promise<PropertyValue> {
  if (isAsset(value)) return { ...value, hash: await hashOf(value, folder, urn) };
  if (Array.isArray(value)) return Promise.all(value.map((item) => hashInside(item, folder, urn)));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, inner]) => [key, await hashInside(inner, folder, urn)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function hashOf(asset: PropertyMap, folder: string, urn: Urn): Promise<string> {
  const hash = createHash("sha256");
  if (typeof asset.text === "string") return hash.update(asset.text).digest("hex");
  if (typeof asset.path !== "string") throw unsupported("an asset by its URI", urn);
  const path = isAbsolute(asset.path) ? asset.path : join(folder, asset.path);
  return hash.update(await readFile(path)).digest("hex");
}
