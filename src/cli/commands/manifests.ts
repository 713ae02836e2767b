import { relative } from "node:path";
import { hasErrors, type LoadedSelection, loadSelection, todayOf } from "../../fleet/load.ts";
import type { Selection } from "../../fleet/targets.ts";
import { countProblems, type Problem, renderProblem } from "../../manifest/problem.ts";
import type { Session } from "../session.ts";

/** The manifests of a command. */
export interface Manifests {
  readonly loaded: readonly LoadedSelection[];
  /** True if no problem is an error. */
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
 * Prints every problem. If one is an error, also prints that the command was skipped and sets the exit code.
 *
 * @param undone the step that is then skipped, such as `nothing was run`
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

/** All problems, with paths relative to the current folder. */
export function problemsIn(loaded: readonly LoadedSelection[], cwd: string): Problem[] {
  return loaded
    .flatMap(({ problems }) => problems)
    .map((problem) => ({ ...problem, place: { ...problem.place, file: relative(cwd, problem.place.file) } }));
}
