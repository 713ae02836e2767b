import { defineConfig } from "vitest/config";

/** What looks at its own process, with its children and open handles, or runs an engine in it. */
const ALONE = [
  "packages/embedded-engine/tests/**/*.test.ts",
  "packages/sandbox/tests/*.test.ts",
  "tests/{e2e,engine}/**/*.test.ts",
  "tests/provider/*.test.ts",
];

export default defineConfig({
  // Packages of this repository are tested from their source.
  ssr: { resolve: { conditions: ["tenantry-source", "node", "development|production"] } },
  test: {
    setupFiles: ["tests/properties.ts"],
    pool: "forks",
    // Real servers and processes wait for each other more than they compute: one more than a small machine has cores.
    maxWorkers: 3,
    // Long enough that only a hang meets it, also on a busy machine.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000, interval: 20 } },
    projects: [
      { extends: true, test: { name: "alone", include: ALONE } },
      // Files that share a process load its modules once: a third of a second less for each. Nothing in src keeps what would tell.
      {
        extends: true,
        test: {
          name: "together",
          include: ["{packages/*/,}tests/**/*.test.ts"],
          exclude: ALONE,
          isolate: false,
        },
      },
    ],
  },
});
