import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { unsupported } from "./goal.ts";
import type { PropertyMap } from "./property-value.ts";
import type { Urn } from "./urn.ts";

/** @param folder the folder that the asset's path is relative to */
export async function bytesOf(asset: PropertyMap, folder: string, urn: Urn): Promise<Buffer> {
  if (typeof asset.text === "string") return Buffer.from(asset.text);
  if (typeof asset.path !== "string") throw unsupported("an asset by its URI", urn);
  return readFile(absolute(asset.path, folder));
}

export function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
