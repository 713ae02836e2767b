import type { BillingContext } from "../../billing/billing-context.ts";
import type { PlatformModel } from "../../model/model.ts";
import type { Context } from "../../vendors/connections.ts";
import type { Session } from "../session.ts";
import { loadSoundPlatforms, withVendors } from "./vendors.ts";

/** The platforms in the order of their billing contexts, and the connections to their vendors. */
export interface OpenPlatforms {
  readonly context: Context;
  readonly platforms: readonly PlatformModel[];
}

/**
 * Opens the billing contexts of platforms, runs the work and always closes them. Reads organizations from the control plane,
 * not from manifests, so that an error in one manifest doesn't stop the billing of others.
 */
export async function withBillingContext(
  session: Session,
  targets: readonly string[],
  sandbox: string | undefined,
  work: (contexts: readonly BillingContext[], signal: AbortSignal, open: OpenPlatforms) => Promise<void>,
): Promise<void> {
  const { loaded, hasWork } = loadSoundPlatforms(
    session,
    targets,
    "nothing is done on a platform with errors",
  );
  if (!hasWork) return;
  await withVendors(session, loaded, sandbox, async (context) => {
    const { openBillingContext } = await import("../../billing/billing-context.ts");
    const platforms = loaded.flatMap(({ platformModel }) => platformModel ?? []);
    const contexts = await Promise.all(platforms.map((platform) => openBillingContext(context, platform)));
    await work(contexts, context.signal, { context, platforms });
  });
}
