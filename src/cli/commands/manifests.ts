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
 * Prints every problem. If one is an error, also prints that the command was skipped and sets the exit code.
 *
 * @param consequence the step that is then skipped, such as `nothing was run`
 */
export function reportDiagnostics(
  session: Session,
  loaded: readonly LoadedSelection[],
  consequence: string,
): Manifests {
  const diagnostics = diagnosticsOf(loaded, session.io.cwd);
  for (const diagnostic of diagnostics) session.log(`${renderDiagnostic(diagnostic)}\n`);
  const ok = !hasErrors(loaded);
  if (!ok) {
    session.exitCode = 1;
    session.log(session.errorColors.red(`${countDiagnostics(diagnostics)}: ${consequence}`));
  }
  return { loaded, ok, diagnostics };
}
