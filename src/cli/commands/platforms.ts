import type { PlatformModel } from "../../model/model.ts";
import type { Context } from "../../vendors/connections.ts";
import type { Session } from "../session.ts";
import { loadSoundPlatforms, withVendors } from "./vendors.ts";

/** The selected platforms, and the connections to their vendors. */
export interface OpenPlatforms {
  readonly context: Context;
  readonly platforms: readonly PlatformModel[];
}

/**
 * Connects to the vendors of platforms, runs the work and always closes the connections. Reads organizations from the control
 * plane, not from manifests, so that an error in one manifest doesn't stop the billing of others.
 */
export async function withPlatforms(
  session: Session,
  targets: readonly string[],
  sandbox: string | undefined,
  work: (open: OpenPlatforms, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { loaded, hasWork } = loadSoundPlatforms(
    session,
    targets,
    "nothing is done on a platform with errors",
  );
  if (!hasWork) return;
  await withVendors(session, loaded, sandbox, async (context) => {
    const platforms = loaded.flatMap(({ platformModel }) => platformModel ?? []);
    await work({ context, platforms }, context.signal);
  });
}
