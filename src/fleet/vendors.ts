import { Connections, type Context } from "../vendors/connections.ts";
import type { Variables } from "./environment.ts";
import type { LoadedSelection } from "./load.ts";
import { openSandbox } from "./sandbox.ts";

/** The vendor connections of a command that runs no stack. */
export interface OpenVendors {
  readonly context: Context;
  close(): Promise<void>;
}

/**
 * Connects to the vendors, or to a sandbox, for a command that needs no engine and no state.
 *
 * @param options.sandbox the data folder of a sandbox; undefined for the real vendors
 * @param options.onStatus receives progress messages
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
