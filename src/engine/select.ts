import { UserError } from "../core/errors.ts";
import { cliEngine } from "./cli/engine.ts";
import { findPulumi } from "./cli/pulumi.ts";
import { INSTALL } from "./cli/version.ts";
import { embeddedEngine } from "./embedded/engine.ts";
import type { Engine } from "./engine.ts";

/**
 * The engine to run stacks with: the one that was asked for, else the Pulumi CLI where there is one, else the embedded
 * engine.
 *
 * @param name as given by `--engine`
 * @param env where the CLI is looked for: PATH, and PULUMI_HOME
 * @throws UserError when the CLI was asked for and there is none
 */
export async function selectEngine(
  name: Engine["name"] | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Engine> {
  if (name === "embedded") return embeddedEngine();
  const file = await findPulumi(env);
  if (file !== undefined) return cliEngine(file);
  if (name === undefined) return embeddedEngine();
  throw new UserError("There is no Pulumi CLI on PATH, nor in the bin folder of PULUMI_HOME (~/.pulumi).", {
    remedy: `${INSTALL} Or leave --engine out.`,
  });
}
