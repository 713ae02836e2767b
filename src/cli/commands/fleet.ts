import { addSummaries, type Summary } from "../../changes/stack.ts";
import { hasErrors, type LoadedSelection, loadSelection, todayOf } from "../../fleet/load.ts";
import type { OpenFleet } from "../../fleet/open.ts";
import type { FleetOptions, StackResult } from "../../fleet/run.ts";
import type { Selection } from "../../fleet/targets.ts";
import { countProblems, type Problem, renderProblem } from "../../manifest/problem.ts";
import type { EngineOptions, RunOptions } from "../options.ts";
import { type Progress, watch } from "../progress.ts";
import type { Session } from "../session.ts";
import { problemsIn } from "./validate.ts";

/** What `preview`, `up` and `destroy` print with `--json`. */
export interface FleetDocument {
  /** No stack failed or was refused. */
  readonly ok: boolean;
  readonly command: "preview" | "up" | "destroy";
  readonly stacks: readonly StackResult[];
  /** Steps of all stacks by action. */
  readonly summary: Summary;
  /** Of the manifests: warnings, or the errors for which nothing was run. */
  readonly problems: readonly Problem[];
}

/** Reads the manifests of what was selected; undefined, with everything said, when they have errors. */
export async function loadOrReport(
  session: Session,
  selections: readonly Selection[],
  command: FleetDocument["command"],
  options: EngineOptions,
): Promise<LoadedSelection[] | undefined> {
  const today = todayOf(session.io.env);
  const loaded: LoadedSelection[] = [];
  for (const selection of selections) loaded.push(await loadSelection(selection, today));
  const problems = problemsIn(loaded, session.io.cwd);
  for (const problem of problems) session.say(`${renderProblem(problem)}\n`);
  if (!hasErrors(loaded)) return loaded;
  session.exitCode = 1;
  session.say(session.errorColors.red(`${countProblems(problems)}: nothing was run`));
  if (options.json === true) session.printJson(documentOf(command, [], problems));
  return undefined;
}

/** Opens the fleet for a piece of work, and closes it however the work ends. */
export async function withFleet(
  session: Session,
  loaded: readonly LoadedSelection[],
  options: EngineOptions,
  reach: "vendors" | "state",
  work: (fleet: OpenFleet) => Promise<void>,
): Promise<void> {
  // Engine and sandbox take their time to load, and most commands fail or answer without them.
  const { openFleet } = await import("../../fleet/open.ts");
  const { cwd, env } = session.io;
  const { engine, sandbox } = options;
  const fleet = await openFleet(loaded, { cwd, env, engine, sandbox, reach, today: todayOf(env) });
  try {
    await work(fleet);
  } finally {
    await fleet.close();
  }
}

/** Runs stacks under the eyes of whoever watches. */
export async function underWatch(
  session: Session,
  fleet: OpenFleet,
  options: RunOptions,
  signal: AbortSignal,
  run: (options: FleetOptions) => Promise<StackResult[]>,
): Promise<StackResult[]> {
  const progress: Progress = watch(session, fleet.stacks.length);
  try {
    return await run({
      engine: fleet.engine,
      parallel: options.parallel,
      signal,
      observer: progress,
      ...(options.refresh === undefined ? {} : { refresh: options.refresh }),
      ...(fleet.attach === undefined ? {} : { attach: fleet.attach }),
    });
  } finally {
    progress.stop();
  }
}

export function documentOf(
  command: FleetDocument["command"],
  stacks: readonly StackResult[],
  problems: readonly Problem[],
): FleetDocument {
  const failed = stacks.some(isFailure) || problems.some((problem) => problem.severity === "error");
  return {
    ok: !failed,
    command,
    stacks,
    summary: addSummaries(stacks.map((result) => result.changes.summary)),
    problems,
  };
}

/** Whether a stack is not what its manifest says, after all was tried. */
export function isFailure({ outcome }: StackResult): boolean {
  return outcome === "failed" || outcome === "refused" || outcome === "not started";
}
