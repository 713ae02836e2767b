// Whether `dist` was built from the source as it is now.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = ["src", "infra", "packages/core/src", "packages/embedded-engine/src", "packages/sandbox/src"];
const mark = join(ROOT, "dist/source.json");

export function markBuilt() {
  const stamps = Object.fromEntries(sourceFiles().map((file) => [file, stampOf(file)]));
  writeFileSync(mark, JSON.stringify({ digest: digestOfSource(), stamps }));
}

export function isBuilt() {
  if (!existsSync(mark)) return false;
  const isPackage = !existsSync(join(ROOT, "tsconfig.json"));
  if (isPackage) return true;
  const { digest, stamps } = JSON.parse(readFileSync(mark, "utf8"));
  // Times and sizes are compared first. That also finds new files, because a file that imports one has changed. A copied checkout
  // has other times, so its content is compared.
  const isUntouched = Object.entries(stamps).every(([file, stamp]) => stampOf(file) === stamp);
  return isUntouched || digest === digestOfSource();
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

/** When a file was last written, and its size. */
function stampOf(file) {
  const stats = statSync(join(ROOT, file), { throwIfNoEntry: false });
  return stats === undefined ? "gone" : `${stats.mtimeMs} ${stats.size}`;
}
