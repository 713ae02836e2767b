// Loads a built module of this package by its path without extension, such as `src/cli/main`. In a checkout it builds first if
// the source has changed.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isBuilt, ROOT } from "./source-digest.js";

export async function load(module) {
  if (!isBuilt()) {
    const { buildAll } = await import("../build.js");
    await buildAll();
  }
  return import(pathToFileURL(join(ROOT, `dist/${module}.js`)).href);
}
