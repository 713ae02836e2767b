import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { LoadedSelection } from "../fleet/load.ts";
import type { OpenFleet } from "../fleet/open.ts";
import { projectFolder } from "../fleet/project.ts";
import type { StackResult } from "../fleet/run.ts";
import {
  differencesFromPlan,
  makePlan,
  type PlanInput,
  parsePlan,
  type SavedPlan,
} from "../fleet/saved-plan.ts";
import { readSources, type Sources } from "../fleet/sources.ts";
import type { RunOptions } from "./options.ts";
import { policyPacksOf } from "./policy-packs.ts";
import type { Session } from "./session.ts";
import { writeWhole } from "./write-whole.ts";

/**
 * The code and the policies that changes come from, beside the manifests.
 *
 * @param plan the file of a saved plan, which is no code
 */
export function sourcesOf(
  { io: { cwd } }: Session,
  loaded: readonly LoadedSelection[],
  options: RunOptions,
  plan: string | undefined,
): Sources {
  const manifests = loaded.map(({ selection }) => dirname(selection.folder));
  const except = [...manifests, ...(plan === undefined ? [] : [resolve(cwd, plan)])];
  return readSources({ cwd, project: projectFolder(cwd), packs: policyPacksOf(options, cwd), except });
}

/** Everything that a plan is made from, beside the previews. */
export function planInput(
  { stacks }: OpenFleet,
  loaded: readonly LoadedSelection[],
  sources: Sources,
  { refresh = false }: RunOptions,
): PlanInput {
  const platforms = loaded.flatMap(({ platform, platformModel }) =>
    platformModel === undefined ? [] : [[platform, platformModel] as const],
  );
  return { fleet: stacks, platforms: new Map(platforms), sources, refresh };
}

/** Writes the file whole or not at all. */
export function savePlan(
  session: Session,
  file: string,
  previews: readonly StackResult[],
  input: PlanInput,
): void {
  const path = resolve(session.io.cwd, file);
  const text = `${JSON.stringify(makePlan(previews, input, new Date()), null, 2)}\n`;
  writeWhole(path, text, `The plan can't be written to ${file}`, 0o600);
  session.log(`Saved the plan. Apply it with: tenantry up --plan ${file}`);
}

/** @throws UserError for a file that can't be read or isn't a plan, and for targets beside it */
export function readPlan(session: Session, file: string, targets: readonly string[]): SavedPlan {
  if (targets.length > 0)
    throw new UserError("A plan names its stacks, so --plan takes no targets", {
      remedy: `Run: tenantry up --plan ${file}`,
    });
  try {
    return parsePlan(readFileSync(resolve(session.io.cwd, file), "utf8"), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UserError(`The plan ${file} can't be read: ${(error as Error).message}`, {
      remedy: "Save one: tenantry preview --save <file>.",
    });
  }
}

/** @throws UserError with each difference between the plan and what would be applied now */
export function expectPlanned(
  file: string,
  plan: SavedPlan,
  previews: readonly StackResult[],
  input: PlanInput,
): void {
  const differences = differencesFromPlan(plan, previews, input);
  if (differences.length === 0) return;
  throw new UserError(
    `Nothing was changed, because the changes are no longer those of ${file}:\n${differences.map((each) => `  - ${each}`).join("\n")}`,
    { remedy: `Review the changes again: tenantry preview --save ${file}` },
  );
}
