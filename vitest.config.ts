import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/properties.ts"],
    pool: "forks",
    // Real servers and processes wait for each other more than they compute: one more than a small machine has cores.
    maxWorkers: 3,
    // Long enough that only a hang meets it, also on a busy machine.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000, interval: 20 } },
  },
});
