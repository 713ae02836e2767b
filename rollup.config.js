// Bundles the declarations that users of the packages compile against. The two private packages are part of them.
import { dts } from "rollup-plugin-dts";

const PRIVATE = ["@tenantry/core", "@tenantry/embedded-engine"];

function declarations(input, file) {
  return {
    input,
    output: { file, format: "es" },
    external: /^node:/,
    plugins: [dts({ tsconfig: "tsconfig.json", includeExternal: PRIVATE })],
  };
}

export default [
  declarations("src/library/index.ts", "dist/index.d.ts"),
  declarations("packages/sandbox/src/index.ts", "packages/sandbox/dist/index.d.ts"),
];
