import { relative } from "node:path";
import { hasErrors, type LoadedSelection, loadSelection, todayOf } from "../../fleet/load.ts";
import type { Selection } from "../../fleet/targets.ts";
import { countProblems, type Problem, renderProblem } from "../../manifest/problem.ts";
import type { Session } from "../session.ts";

/** Manifests that were read for a command. */
export interface Manifests {
  readonly loaded: readonly LoadedSelection[];
  /** Whether no problem is an error. */
  readonly ok: boolean;
  readonly problems: readonly Problem[];
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
 * Says every problem; with an error also that nothing is done, and the exit code is set.
 *
 * @param undone what then doesn't happen, as `nothing was run`
 */
export function reportProblems(
  session: Session,
  loaded: readonly LoadedSelection[],
  undone: string,
): Manifests {
  const problems = problemsIn(loaded, session.io.cwd);
  for (const problem of problems) session.log(`${renderProblem(problem)}\n`);
  const ok = !hasErrors(loaded);
  if (!ok) {
    session.exitCode = 1;
    session.log(session.errorColors.red(`${countProblems(problems)}: ${undone}`));
  }
  return { loaded, ok, problems };
}

/** All problems, with files as seen from the current folder. */
export function problemsIn(loaded: readonly LoadedSelection[], cwd: string): Problem[] {
  return loaded
    .flatMap(({ problems }) => problems)
    .map((problem) => ({ ...problem, place: { ...problem.place, file: relative(cwd, problem.place.file) } }));
}
