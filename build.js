// Compiles the source into dist, unless what is there is of this very source.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { isBuilt, markBuilt } from "./bin/load.js";

if (!isBuilt()) {
  rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit" });
  markBuilt();
}
