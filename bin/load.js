// Loads a module of this package, named from its root and without an extension, as `src/cli/main`. What was built of it is
// loaded where it was built from this very source, as in an installed package; else the source is, so that what runs is
// never stale.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const mark = join(root, "dist/source.json");

export async function load(module) {
  if (isBuilt()) return import(pathToFileURL(join(root, `dist/${module}.js`)).href);
  const { register } = await import("tsx/esm/api");
  register();
  return import(pathToFileURL(join(root, `${module}.ts`)).href);
}

export function markBuilt() {
  const stamps = Object.fromEntries(sourceFiles().map((file) => [file, stampOf(file)]));
  writeFileSync(mark, JSON.stringify({ digest: digestOfSource(), stamps }));
}

export function isBuilt() {
  if (!existsSync(mark)) return false;
  const isPackage = !existsSync(join(root, "tsconfig.json"));
  if (isPackage) return true;
  const { digest, stamps } = JSON.parse(readFileSync(mark, "utf8"));
  // Nothing was touched, at most starts: a new file is imported by one that was. A copy has other times, and is read.
  const isUntouched = Object.entries(stamps).every(([file, stamp]) => stampOf(file) === stamp);
  return isUntouched || digest === digestOfSource();
}

function sourceFiles() {
  const modules = ["src", "infra"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  return ["build.js", "package-lock.json", "tsconfig.json", ...modules.sort()];
}

function digestOfSource() {
  const hash = createHash("sha256");
  for (const file of sourceFiles()) hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

/** When it was written, and how long it is. */
function stampOf(file) {
  const stats = statSync(join(root, file), { throwIfNoEntry: false });
  return stats === undefined ? "gone" : `${stats.mtimeMs} ${stats.size}`;
}
