import { resolve } from "node:path";
import { UserError } from "../core/errors.ts";
import type { PolicyPackSource } from "../engine/engine.ts";
import type { RunOptions } from "./options.ts";
import { count } from "./render/values.ts";

/**
 * The policy packs that a command line names, with the files that set them.
 *
 * @param cwd what their paths are below
 * @throws UserError when not every pack has its file, where one has
 */
export function policyPacksOf(
  { policyPack = [], policyPackConfig = [] }: Pick<RunOptions, "policyPack" | "policyPackConfig">,
  cwd: string,
): readonly PolicyPackSource[] {
  if (policyPackConfig.length > 0 && policyPackConfig.length !== policyPack.length)
    throw new UserError(
      `--policy-pack-config was given ${count(policyPackConfig.length, "time")}, and --policy-pack ${count(policyPack.length, "time")}`,
      { remedy: "Give one file for each pack, in the same order; an empty file sets nothing." },
    );
  return policyPack.map((folder, index) => {
    const config = policyPackConfig[index];
    return { folder: resolve(cwd, folder), config: config === undefined ? undefined : resolve(cwd, config) };
  });
}
