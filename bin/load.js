// Loads a module of this package, named from its root and without an extension, as `src/cli/main`. What was built of it is
// loaded where it was built from this very source, as in an installed package; else the source is, so that what runs is
// never stale.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const mark = join(root, "dist/source.sha256");

export async function load(module) {
  if (isBuilt()) return import(pathToFileURL(join(root, `dist/${module}.js`)).href);
  const { register } = await import("tsx/esm/api");
  register();
  return import(pathToFileURL(join(root, `${module}.ts`)).href);
}

export function markBuilt() {
  writeFileSync(mark, digestOfSource());
}

export function isBuilt() {
  if (!existsSync(mark)) return false;
  const isPackage = !existsSync(join(root, "tsconfig.json"));
  return isPackage || readFileSync(mark, "utf8") === digestOfSource();
}

function digestOfSource() {
  const modules = ["src", "infra"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(folder, file)),
  );
  const hash = createHash("sha256");
  for (const file of ["build.js", "package-lock.json", "tsconfig.json", ...modules.sort()])
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}
