import { diagnosticsOf, hasErrors, type LoadedSelection, loadSelection } from "../../fleet/load.ts";
import type { Selection } from "../../fleet/targets.ts";
import { countDiagnostics, type Diagnostic, renderDiagnostic } from "../../manifest/diagnostic.ts";
import { todayOf } from "../../shared/today.ts";
import type { Session } from "../session.ts";

/** The manifests of a command. */
export interface Manifests {
  readonly loaded: readonly LoadedSelection[];
  /** True if no problem is an error. */
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

export async function loadManifests(
  session: Session,
  selections: readonly Selection[],
): Promise<LoadedSelection[]> {
  const today = todayOf(session.io.env);
  const loaded: LoadedSelection[] = [];
  for (const selection of selections) loaded.push(await loadSelection(selection, today));
  return loaded;
}

/**
 * Prints every problem. If one is an error, also prints what was skipped and sets the exit code.
 *
 * @param consequence what is then skipped, such as `nothing was run`
 */
export function reportDiagnostics(
  session: Session,
  loaded: readonly LoadedSelection[],
  consequence: string,
): Manifests {
  const diagnostics = printDiagnostics(session, loaded, consequence);
  const ok = !hasErrors(loaded);
  if (!ok) session.exitCode = 1;
  return { loaded, ok, diagnostics };
}

/** Prints every problem. If one is an error, also prints its consequence. */
export function printDiagnostics(
  session: Session,
  loaded: readonly LoadedSelection[],
  consequence: string,
): readonly Diagnostic[] {
  const diagnostics = diagnosticsOf(loaded, session.io.cwd);
  for (const diagnostic of diagnostics) session.log(`${renderDiagnostic(diagnostic)}\n`);
  if (hasErrors(loaded))
    session.log(session.errorColors.red(`${countDiagnostics(diagnostics)}: ${consequence}`));
  return diagnostics;
}
