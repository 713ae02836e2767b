import { embeddedEngine } from "../../packages/embedded-engine/src/engine.ts";
import type { RunOptions, RunResult, StackSpec } from "../../packages/embedded-engine/src/interface.ts";
import { serveProvider } from "../../src/provider/runtime/server.ts";

/** One run of a stack, with a provider in the same process as in a fleet. */
export async function runOnce(
  verb: "preview" | "up",
  stack: StackSpec,
  options: RunOptions = {},
): Promise<RunResult> {
  const provider = await serveProvider({ env: stack.env, shared: true });
  try {
    const attach = { tenantry: `127.0.0.1:${provider.port}` };
    return await embeddedEngine()[verb](stack, { ...options, attach });
  } finally {
    await provider.close();
  }
}
