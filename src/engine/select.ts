import { UserError } from "@tenantry/core/errors";
import type { Engine } from "@tenantry/embedded-engine/interface";
import { PrewarmedProgram } from "@tenantry/embedded-engine/prewarm-program";
import { findPulumi } from "./cli/pulumi.ts";
import { INSTALL } from "./cli/version.ts";

/**
 * Selects the engine that runs stacks: the named one, else the Pulumi CLI if it is installed, else the embedded engine.
 *
 * @param name the value of `--engine`
 * @param env the variables PATH and PULUMI_HOME, where the CLI is searched
 * @param ahead the folder of a project whose program the embedded engine starts in advance
 * @throws UserError when the CLI was named and isn't installed
 */
export async function selectEngine(
  name: Engine["name"] | undefined,
  env: Readonly<Record<string, string | undefined>>,
  ahead?: string,
): Promise<Engine> {
  const file = name === "embedded" ? undefined : await findPulumi(env);
  if (file !== undefined) return (await import("./cli/engine.ts")).cliEngine(file);
  if (name === "cli")
    throw new UserError("The Pulumi CLI is neither on PATH nor in $PULUMI_HOME/bin (~/.pulumi/bin).", {
      remedy: `${INSTALL} Or omit --engine.`,
    });
  const program = ahead === undefined ? undefined : new PrewarmedProgram(ahead);
  // The program's process starts while the engine is loaded.
  return (await import("@tenantry/embedded-engine/engine")).embeddedEngine(program);
}
