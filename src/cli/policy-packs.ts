import { resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { PolicyPackSource } from "@tenantry/embedded-engine/interface";
import { count } from "../shared/format.ts";
import type { RunOptions } from "./options.ts";

/**
 * The policy packs of a command line, with their configuration files.
 *
 * @param cwd the folder that their paths are relative to
 * @throws UserError when some packs have a configuration file and others don't
 */
export function policyPacksOf(
  { policyPack = [], policyPackConfig = [] }: Pick<RunOptions, "policyPack" | "policyPackConfig">,
  cwd: string,
): readonly PolicyPackSource[] {
  if (policyPackConfig.length > 0 && policyPackConfig.length !== policyPack.length)
    throw new UserError(
      `--policy-pack-config was given ${count(policyPackConfig.length, "time")}, but --policy-pack ${count(policyPack.length, "time")}`,
      { remedy: "Give one file for each pack, in the same order. An empty file keeps the defaults." },
    );
  return policyPack.map((folder, index) => {
    const config = policyPackConfig[index];
    return { folder: resolve(cwd, folder), config: config === undefined ? undefined : resolve(cwd, config) };
  });
}
