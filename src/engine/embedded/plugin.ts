import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { UserError } from "../../core/errors.ts";
import { type Child, startChild } from "./child.ts";
import type { Project } from "./project.ts";
import { ProviderClient } from "./provider-client.ts";

/** Where plugins find the engine, and what they are told of the program. */
export interface PluginHost {
  readonly project: Project;
  /** The engine's own address. */
  readonly engine: string;
  readonly env: Readonly<Record<string, string>>;
  /** Providers that already run, by package. */
  readonly attach: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

/** Starts the plugin of a package, or joins the one that runs, and connects to it. */
export async function startPlugin(packageName: string, host: PluginHost): Promise<ProviderClient> {
  const place = { engine: host.engine, root: host.project.root, program: host.project.programFolder };
  const running = host.attach[packageName];
  if (running !== undefined) return ProviderClient.connect(running, place, undefined);
  const { child, port } = launch(commandOf(packageName, host), host);
  try {
    const address = `127.0.0.1:${await port}`;
    return await ProviderClient.connect(address, place, () => child.stop());
  } catch (error) {
    await child.stop();
    throw new Error(`the provider of package ${packageName} did not start: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function commandOf(packageName: string, host: PluginHost): readonly string[] {
  const folder = host.project.plugins.get(packageName);
  if (folder === undefined)
    throw new UserError(
      `No provider for package ${packageName}: Pulumi.yaml names none, and none is built in.`,
      {
        remedy:
          "Name its folder under plugins.providers in Pulumi.yaml, or use the Pulumi CLI: --engine cli.",
      },
    );
  const executable = join(folder, `pulumi-resource-${packageName}`);
  if (existsSync(executable)) return [executable, host.engine];
  if (!existsSync(join(folder, "PulumiPlugin.yaml")))
    throw new UserError(`There is neither ${executable} nor a PulumiPlugin.yaml beside it.`, {
      remedy: "Correct the path under plugins.providers in Pulumi.yaml.",
    });
  const runner = createRequire(join(folder, "package.json")).resolve("@pulumi/pulumi/cmd/run-plugin");
  return [process.execPath, runner, folder, host.engine];
}

/** A plugin says its port in its first line; all that follows is its log. */
function launch(command: readonly string[], host: PluginHost): { child: Child; port: Promise<string> } {
  const log: string[] = [];
  let announce: ((port: string) => void) | undefined;
  const port = new Promise<string>((resolve) => {
    announce = resolve;
  });
  const child = startChild(command, {
    cwd: host.project.programFolder,
    env: { ...process.env, ...host.env, PULUMI_PROJECT: host.project.name },
    onLine: (line, stream) => {
      if (stream === "stdout" && announce !== undefined) {
        announce(line.trim());
        announce = undefined;
        return;
      }
      log.push(line);
      host.onLine(line);
    },
  });
  const ended = child.ended.then(({ code, signal }) => {
    throw new Error(`it ended with ${signal ?? `code ${code}`}\n${log.slice(-20).join("\n")}`);
  });
  return { child, port: Promise.race([port, ended]) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
