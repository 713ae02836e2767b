import { mkdirSync } from "node:fs";
import type { SandboxOptions } from "../packages/sandbox/src/options.ts";
import { type Sandbox, startSandbox } from "../packages/sandbox/src/sandbox.ts";
import { type SandboxVariables, sandboxVariables, stateFolder } from "../src/fleet/sandbox-variables.ts";

/** A sandbox with the variables of tenantry and Pulumi. */
export type ProductSandbox = Sandbox<SandboxVariables>;

export async function startProductSandbox(options: SandboxOptions): Promise<ProductSandbox> {
  const sandbox = await startSandbox({ ...options, variables: sandboxVariables });
  mkdirSync(stateFolder(sandbox.folder), { recursive: true });
  return sandbox;
}
