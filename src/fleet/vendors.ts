import { Connections, type Context } from "../provider/context.ts";
import type { Variables } from "./environment.ts";
import type { LoadedSelection } from "./load.ts";
import { openSandbox } from "./sandbox.ts";

/** What a command reaches that runs no stack. */
export interface OpenVendors {
  readonly context: Context;
  close(): Promise<void>;
}

/**
 * Opens the vendors, or a sandbox in their place, for a command that needs no engine and no state.
 *
 * @param options.sandbox the folder of a sandbox to join or start; undefined for the real vendors
 * @param options.onStatus what is said while something takes its time
 */
export async function openVendors(
  loaded: readonly LoadedSelection[],
  options: {
    readonly cwd: string;
    readonly env: Variables;
    readonly sandbox: string | undefined;
    readonly signal: AbortSignal;
    readonly onStatus: (message: string) => void;
  },
): Promise<OpenVendors> {
  const { env, signal } = options;
  const sandbox = await openSandbox(loaded, options);
  const connections = new Connections({ ...env, ...sandbox?.env }, signal);
  return {
    context: connections.context("write", { signal, status: options.onStatus }),
    async close() {
      await connections.close();
      await sandbox?.stop();
    },
  };
}
