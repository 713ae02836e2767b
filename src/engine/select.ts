import { UserError } from "@tenantry/core/errors";
import type { Engine } from "@tenantry/embedded-engine/interface";
import { PrewarmedProgram } from "@tenantry/embedded-engine/prewarm-program";
import { findPulumi } from "./cli/pulumi.ts";
import { INSTALL } from "./cli/version.ts";

/**
 * The engine to run stacks with: the one that was asked for, else the Pulumi CLI where there is one, else the embedded
 * engine.
 *
 * @param name as given by `--engine`
 * @param env where the CLI is looked for: PATH, and PULUMI_HOME
 * @param ahead the folder of the project whose program will be run, so that the embedded engine starts with it at once
 * @throws UserError when the CLI was asked for and there is none
 */
export async function selectEngine(
  name: Engine["name"] | undefined,
  env: Readonly<Record<string, string | undefined>>,
  ahead?: string,
): Promise<Engine> {
  const file = name === "embedded" ? undefined : await findPulumi(env);
  if (file !== undefined) return (await import("./cli/engine.ts")).cliEngine(file);
  if (name === "cli")
    throw new UserError("There is no Pulumi CLI on PATH, nor in the bin folder of PULUMI_HOME (~/.pulumi).", {
      remedy: `${INSTALL} Or leave --engine out.`,
    });
  const program = ahead === undefined ? undefined : new PrewarmedProgram(ahead);
  // The program's process starts while the engine is loaded.
  return (await import("@tenantry/embedded-engine/engine")).embeddedEngine(program);
}
