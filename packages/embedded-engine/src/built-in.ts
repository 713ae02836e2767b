import type { PluginHost } from "./plugin.ts";
import { PostgresqlProvider } from "./postgresql/provider.ts";
import type { Provider } from "./provider.ts";
import { PulumiProvider } from "./pulumi-provider.ts";

/** The providers that the engine includes: `pulumi`, which is the engine itself, and `postgresql`, whose plugin would have to be downloaded. */
export function builtInProvider(packageName: string, host: PluginHost): Provider | undefined {
  if (host.project.plugins.has(packageName)) return undefined;
  if (packageName === "pulumi") return new PulumiProvider(host.knowledge);
  return packageName === "postgresql" ? new PostgresqlProvider(host.env) : undefined;
}
