// Whether `dist` was built from the source as it is now.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { replace, sha256, stampOf } from "./build-output.js";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = ["src", "infra", "packages/core/src", "packages/embedded-engine/src", "packages/sandbox/src"];
const mark = join(ROOT, "dist/source.json");

/** Describes the source. Call it before a build, so that an edit during the build is noticed. */
export function describeSource() {
  const stamps = Object.fromEntries(sourceFiles().map((file) => [file, stampOf(join(ROOT, file))]));
  return { digest: digestOfSource(), stamps };
}

/**
 * @param source what the build was made from
 * @param outputs by absolute path, the stamps and digests of the written files
 * @param leftovers of earlier builds, by folder
 */
export function markBuilt(source, outputs, leftovers) {
  const written = Object.entries(outputs).map(([path, output]) => [relative(ROOT, path), output]);
  replace(mark, JSON.stringify({ ...source, outputs: Object.fromEntries(written), leftovers }));
}

/** What the last build recorded; undefined if there is none. */
export function readMark() {
  try {
    return JSON.parse(readFileSync(mark, "utf8"));
  } catch {
    // Without a whole mark, the build is made again.
    return undefined;
  }
}

export function isBuilt() {
  const isPackage = !existsSync(join(ROOT, "tsconfig.json"));
  if (isPackage) return existsSync(mark);
  const { digest, stamps, outputs } = readMark() ?? {};
  if (digest === undefined || outputs === undefined) return false;
  // Times and sizes are compared first. That also finds new files, because a file that imports one has changed. A copied checkout
  // has other times, so its content is compared. The outputs are compared too: another build may have replaced some.
  const isSame = (file, stamp) => stampOf(join(ROOT, file)) === stamp;
  const written = Object.entries(outputs);
  const isUntouched =
    Object.entries(stamps).every(([file, stamp]) => isSame(file, stamp)) &&
    written.every(([file, { stamp }]) => isSame(file, stamp));
  if (isUntouched) return true;
  return digest === digestOfSource() && written.every(([file, output]) => hasDigest(file, output.sha256));
}

function hasDigest(file, expected) {
  const path = join(ROOT, file);
  return existsSync(path) && sha256(readFileSync(path)) === expected;
}

function sourceFiles() {
  const modules = SOURCES.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  return ["build.js", "package-lock.json", "tsconfig.json", ...modules.sort()];
}

function digestOfSource() {
  const hash = createHash("sha256");
  for (const file of sourceFiles()) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
}
