import type { PluginHost } from "./plugin.ts";
import { PostgresqlProvider } from "./postgresql/provider.ts";
import type { Provider } from "./provider.ts";
import { PulumiProvider } from "./pulumi-provider.ts";

/** Providers that the engine brings along, its own and those whose plugins come from nowhere but the network; undefined for others. */
export function builtInProvider(packageName: string, host: PluginHost): Provider | undefined {
  if (host.project.plugins.has(packageName)) return undefined;
  if (packageName === "pulumi") return new PulumiProvider(host.knowledge);
  return packageName === "postgresql" ? new PostgresqlProvider(host.env) : undefined;
}
