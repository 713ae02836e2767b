import type { SandboxOptions } from "./options.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Variables } from "./settings.ts";

export type { Fault, RequestRecord } from "./faults.ts";
export { joinSandbox } from "./join.ts";
export type { SandboxOptions } from "./options.ts";
export type { RunningSandbox } from "./running-sandbox.ts";
export type { Sandbox } from "./sandbox.ts";

/** Starts a sandbox in this process. Use `joinSandbox` if another process may already run a sandbox in the folder. */
export async function startSandbox<V extends Variables = Record<never, string>>(
  options: SandboxOptions<V>,
): Promise<Sandbox<V>> {
  const { startSandbox: start } = await import("./sandbox.ts");
  return start(options);
}
