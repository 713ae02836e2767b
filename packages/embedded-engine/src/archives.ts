import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { absolute, bytesOf } from "./asset-bytes.ts";
import { unsupported } from "./goal.ts";
import { isArchive, isAsset, isObject, type PropertyMap } from "./property-value.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar.ts";
import type { Urn } from "./urn.ts";

/** A file in an archive. */
type Member = readonly [name: string, read: () => Promise<Buffer>];

const FILES = /\.(tar|tgz|tar\.gz|zip|jar)$/;
/** Pulumi's own folder, which isn't part of an archive. */
const BOOKKEEPING = ".pulumi";

/**
 * The hash that detects changes of an archive: of its file, or of its members in tar format.
 *
 * @param folder the folder that the archive's paths are relative to
 */
export async function archiveHash(archive: PropertyMap, folder: string, urn: Urn): Promise<string> {
  const hash = createHash("sha256");
  const path = pathOf(archive, folder);
  if (path !== undefined && FILES.test(path)) return hash.update(await readFile(path)).digest("hex");
  const seen = new Set<string>();
  for await (const [name, read] of membersOf(archive, folder, urn)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const bytes = await read();
    const header = tarHeader(name, bytes.length);
    if (header === undefined) throw unsupported(`an archive with the file name ${JSON.stringify(name)}`, urn);
    hash.update(header).update(bytes).update(tarPadding(bytes.length));
  }
  return hash.update(TAR_END).digest("hex");
}

async function* membersOf(archive: PropertyMap, folder: string, urn: Urn): AsyncGenerator<Member> {
  const path = pathOf(archive, folder);
  if (path !== undefined) {
    if (FILES.test(path)) throw unsupported("an archive file inside another archive", urn);
    yield* membersOfFolder(path);
    return;
  }
  if (!isObject(archive.assets)) throw unsupported("an archive by its URI", urn);
  const assets = Object.entries(archive.assets).sort(([left], [right]) => compareBytes(left, right));
  for (const [name, value] of assets) {
    if (isAsset(value)) yield [name, () => bytesOf(value, folder, urn)];
    if (!isArchive(value)) continue;
    for await (const [inner, read] of membersOf(value, folder, urn)) yield [posix.join(name, inner), read];
  }
}

/** All files below a folder, by relative path, sorted by name. Skips links to folders. */
async function* membersOfFolder(folder: string, below = ""): AsyncGenerator<Member> {
  if (basename(folder) === BOOKKEEPING) return;
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((left, right) => compareBytes(left.name, right.name))) {
    const path = join(folder, entry.name);
    const name = posix.join(below, entry.name);
    if (entry.isDirectory()) yield* membersOfFolder(path, name);
    else if (entry.name !== BOOKKEEPING && (await stat(path)).isFile()) yield [name, () => readFile(path)];
  }
}

function pathOf(archive: PropertyMap, folder: string): string | undefined {
  return typeof archive.path === "string" ? absolute(archive.path, folder) : undefined;
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
