// Loads a built module of this package, named from its root and without an extension, as `src/cli/main`. In a checkout it
// builds first when the source has changed, so that what runs is never stale.
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
