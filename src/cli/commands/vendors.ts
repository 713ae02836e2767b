import { unknownOrganization } from "../../fleet/assemble.ts";
import type { LoadedSelection } from "../../fleet/load.ts";
import { findTargets } from "../../fleet/targets.ts";
import type { Context } from "../../provider/context.ts";
import { withInterrupt } from "../interrupt.ts";
import type { Session } from "../session.ts";
import { loadManifests, type Manifests, reportProblems } from "./manifests.ts";

/**
 * Reads the manifests of what was named. With errors all is said, and the exit code is set.
 *
 * @param undone what then doesn't happen, as `nothing was verified`
 * @param mayLack whether an organization may be named that has no manifest yet
 */
export async function loadTargets(
  session: Session,
  targets: readonly string[],
  undone: string,
  mayLack = false,
): Promise<Manifests> {
  const loaded = await loadManifests(session, findTargets(targets, session.io));
  for (const each of loaded)
    for (const name of each.missing) if (!mayLack) throw unknownOrganization(each, name);
  return reportProblems(session, loaded, undone);
}

/** Opens the vendors, or a sandbox in their place, for a piece of work, and closes them however it ends. */
export function withVendors<T>(
  session: Session,
  loaded: readonly LoadedSelection[],
  sandbox: string | undefined,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  return withInterrupt(session, async (signal) => {
    // Clients and sandbox take their time to load.
    const { openVendors } = await import("../../fleet/vendors.ts");
    const { cwd, env } = session.io;
    const onStatus = (message: string) => session.say(message);
    const { context, close } = await openVendors(loaded, { cwd, env, sandbox, signal, onStatus });
    try {
      return await work(context);
    } finally {
      await close();
    }
  });
}
