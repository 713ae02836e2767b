import { unknownOrganization } from "../../fleet/build-stacks.ts";
import { type LoadedSelection, loadPlatformOnly } from "../../fleet/load.ts";
import { findTargets } from "../../fleet/targets.ts";
import { todayOf } from "../../shared/today.ts";
import type { Context } from "../../vendors/connections.ts";
import { withInterrupt } from "../interrupt.ts";
import type { Session } from "../session.ts";
import { loadManifests, type Manifests, reportDiagnostics } from "./manifests.ts";

/**
 * Reads the manifests of the targets. On errors it prints every problem and sets the exit code.
 *
 * @param consequence the step that is then skipped, such as `nothing was verified`
 * @param mayLack whether a target may be an organization without a manifest
 */
export async function loadTargets(
  session: Session,
  targets: readonly string[],
  consequence: string,
  mayLack = false,
): Promise<Manifests> {
  const loaded = await loadManifests(session, findTargets(targets, session.io));
  for (const each of loaded)
    for (const name of each.missing) if (!mayLack) throw unknownOrganization(each, name);
  return reportDiagnostics(session, loaded, consequence);
}

/** Manifests of which those with errors are left out. */
interface SoundManifests extends Manifests {
  /** Whether a platform has no errors. */
  readonly hasWork: boolean;
}

/** The same for a command that leaves out what has errors. */
export async function loadSoundTargets(
  session: Session,
  targets: readonly string[],
  consequence: string,
): Promise<SoundManifests> {
  return withWork(await loadTargets(session, targets, consequence));
}

/**
 * Reads the manifests of the targets' platforms, without those of organizations: for commands that find organizations in the control
 * plane, so that an organization's error stops no payment and closes no access late. Platforms with errors are left out.
 */
export function loadSoundPlatforms(
  session: Session,
  targets: readonly string[],
  consequence: string,
): SoundManifests {
  const today = todayOf(session.io.env);
  const loaded = findTargets(targets, session.io).map((selection) => loadPlatformOnly(selection, today));
  return withWork(reportDiagnostics(session, loaded, consequence));
}

function withWork(manifests: Manifests): SoundManifests {
  return { ...manifests, hasWork: manifests.loaded.some(({ platformModel }) => platformModel !== undefined) };
}

/** Connects to the vendors, or to a sandbox instead, runs the work and always closes the connections. */
export function withVendors<T>(
  session: Session,
  loaded: readonly LoadedSelection[],
  sandbox: string | undefined,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  return withInterrupt(session, async (signal) => {
    // The clients and the sandbox load slowly.
    const { openVendors } = await import("../../fleet/vendors.ts");
    const { cwd, env } = session.io;
    const onStatus = (message: string) => session.log(message);
    const { context, close } = await openVendors(loaded, { cwd, env, sandbox, signal, onStatus });
    try {
      return await work(context);
    } finally {
      await close();
    }
  });
}
