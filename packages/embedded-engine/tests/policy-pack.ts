import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * Writes a policy pack in plain JavaScript with the name of its folder. It uses the packages of the tests.
 *
 * @param declared the arguments of `new PolicyPack` after the name
 */
export function writePack(folder: string, declared: string): void {
  const name = basename(folder);
  mkdirSync(folder);
  writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "1.0.0", type: "commonjs" }));
  writeFileSync(
    join(folder, "index.js"),
    `const { PolicyPack } = require("@pulumi/policy");\nnew PolicyPack("${name}", ${declared});\n`,
  );
}
