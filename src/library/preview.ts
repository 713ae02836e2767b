import type { FleetReport } from "../fleet/report.ts";
import type { PreviewOptions } from "./preview-targets.ts";

/**
 * Computes the changes that `tenantry up` would make. Writes nothing at a vendor and nothing to a state.
 *
 * @param targets platform folders, manifests or stack names; empty for every platform in the nearest `stacks` folder
 * @returns what `tenantry preview --json` prints. A stack that fails is part of it, and so are errors in manifests
 * @throws UserError for an unknown target, for missing environment variables, and if no sandbox is installed
 */
export async function preview(
  targets: readonly string[] = [],
  options: PreviewOptions = {},
): Promise<FleetReport> {
  // A program that only declares components doesn't need the engine.
  const { previewTargets } = await import("./preview-targets.ts");
  return previewTargets(targets, options);
}
