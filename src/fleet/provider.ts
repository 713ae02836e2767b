import { serveProvider } from "../provider/server.ts";
import type { Environment, Variables } from "./environment.ts";

/** The provider that all stacks of a run share: one limiter for each vendor and token, and one pool for each database. */
export interface SharedProvider {
  /** Where it listens, by package, as engines take it. */
  readonly attach: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Serves the provider in this process.
 *
 * @param onStatus what a resource says while it works, by the name of its stack
 */
export async function shareProvider(options: {
  readonly variables: Variables;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly onStatus: (stack: string, message: string) => void;
}): Promise<SharedProvider> {
  const provider = await serveProvider({
    env: { ...options.variables, ...options.environment.vendors },
    shared: true,
    signal: options.signal,
    onStatus: (urn, message) => options.onStatus(stackOf(urn), message),
  });
  return { attach: { tenantry: `127.0.0.1:${provider.port}` }, close: () => provider.close() };
}

/** `urn:pulumi:agntdata.acme::tenants::…` */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}
