import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, UserError } from "@tenantry/core/errors";
import { type PluginProcess, startChild } from "./child.ts";
import type { Attached } from "./interface.ts";
import type { Project } from "./project.ts";
import type { Provider } from "./provider.ts";
import { ProviderClient } from "./provider-client.ts";
import type { EngineKnowledge } from "./pulumi-provider.ts";

/** What a plugin needs to know about the engine and the program. */
export interface PluginHost {
  readonly project: Project;
  /** The engine's address. */
  readonly engine: string;
  readonly env: Readonly<Record<string, string>>;
  /** Running providers, by package. */
  readonly attach: Attached;
  /** Provides a package in this process, so that no plugin is started for it. Default: none. */
  readonly provide?: (packageName: string) => Provider | undefined;
  readonly knowledge: EngineKnowledge;
  /** Called when a plugin ends unexpectedly, with its last output. */
  readonly onCrash: (message: string) => void;
}

/** The package of dynamic providers, which are written in the program. The SDK contains their plugin. */
export const DYNAMIC_PACKAGE = "pulumi-nodejs";

const LOG_LINES = 40;
const LAST_WORDS_MS = 1000;

/** Connects to the plugin of a package. Starts it unless it is already running. */
export async function startPlugin(packageName: string, host: PluginHost): Promise<ProviderClient> {
  const place = { engine: host.engine, root: host.project.root, program: host.project.programFolder };
  const running = await host.attach[packageName];
  if (running !== undefined) return ProviderClient.connect(running, place, undefined);
  const { child, port } = launch(`The provider of package ${packageName}`, commandOf(packageName, host), {
    cwd: host.project.programFolder,
    env: { ...host.env, ...projectVariables(packageName, host.project.name) },
    onCrash: host.onCrash,
  });
  try {
    const address = `127.0.0.1:${await port}`;
    return await ProviderClient.connect(address, place, child);
  } catch (error) {
    await child.stop();
    throw new Error(`the provider of package ${packageName} didn't start: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @see https://github.com/pulumi/pulumi/blob/master/pkg/resource/plugin/provider_plugin.go (NewProvider) */
function projectVariables(packageName: string, project: string): Readonly<Record<string, string>> {
  const common = { PULUMI_PROJECT: project };
  return packageName === DYNAMIC_PACKAGE ? { ...common, PULUMI_NODEJS_PROJECT: project } : common;
}

function commandOf(packageName: string, host: PluginHost): readonly string[] {
  const folder = host.project.plugins.get(packageName);
  if (folder === undefined && packageName === DYNAMIC_PACKAGE)
    return [process.execPath, resolveFrom(host.project.programFolder, "cmd/dynamic-provider"), host.engine];
  if (folder === undefined)
    throw new UserError(
      `There is no provider for package ${packageName}: Pulumi.yaml names none, and none is built in.`,
      {
        remedy:
          "Add the provider's folder to plugins.providers in Pulumi.yaml, or use the Pulumi CLI: --engine cli.",
      },
    );
  const executable = join(folder, `pulumi-resource-${packageName}`);
  if (existsSync(executable)) return [executable, host.engine];
  if (!existsSync(join(folder, "PulumiPlugin.yaml")))
    throw new UserError(`There is neither ${executable} nor a PulumiPlugin.yaml next to it.`, {
      remedy: "Correct the path under plugins.providers in Pulumi.yaml.",
    });
  return [process.execPath, resolveFrom(folder, "cmd/run-plugin"), folder, host.engine];
}

function resolveFrom(folder: string, part: string): string {
  return createRequire(join(folder, "package.json")).resolve(`@pulumi/pulumi/${part}`);
}

/** Starts a plugin, which prints its port in the first line and its log after that. */
export function launch(
  what: string,
  command: readonly string[],
  place: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly onCrash: (message: string) => void;
  },
): { readonly child: PluginProcess; readonly port: Promise<string> } {
  const log: string[] = [];
  let announce: ((port: string) => void) | undefined;
  let stopping = false;
  const port = new Promise<string>((resolve) => {
    announce = resolve;
  });
  const child = startChild(command, {
    cwd: place.cwd,
    env: { ...process.env, ...place.env },
    onLine: (line, stream) => {
      if (stream === "stdout" && announce !== undefined) {
        announce(line.trim());
        announce = undefined;
        return;
      }
      log.push(line);
      if (log.length > LOG_LINES) log.shift();
    },
  });
  const ended = child.ended.then(({ code, signal }) => {
    const message = [`it ended with ${signal ?? `code ${code}`}`, ...log].join("\n");
    if (announce === undefined && !stopping) place.onCrash(`${what} ended unexpectedly: ${message}`);
    throw new Error(message);
  });
  ended.catch(() => undefined);
  const stop = () => {
    stopping = true;
    return child.stop();
  };
  const endsByItself = async () => {
    const waiting = new AbortController();
    const late = delay(LAST_WORDS_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([child.ended, late]).finally(() => waiting.abort());
  };
  return { child: { stop, endsByItself }, port: Promise.race([port, ended]) };
}
