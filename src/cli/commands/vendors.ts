import { unknownOrganization } from "../../fleet/assemble.ts";
import { hasErrors, type LoadedSelection, loadSelection, todayOf } from "../../fleet/load.ts";
import { findTargets } from "../../fleet/targets.ts";
import { countProblems, type Problem, renderProblem } from "../../manifest/problem.ts";
import type { Context } from "../../provider/context.ts";
import { withInterrupt } from "../interrupt.ts";
import type { Session } from "../session.ts";
import { problemsIn } from "./validate.ts";

/** Manifests that were named, for a command that runs no stack. */
export interface Targets {
  readonly loaded: readonly LoadedSelection[];
  /** Whether no problem is an error. */
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

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
): Promise<Targets> {
  const today = todayOf(session.io.env);
  const loaded: LoadedSelection[] = [];
  for (const selection of findTargets(targets, session.io))
    loaded.push(await loadSelection(selection, today));
  for (const each of loaded)
    for (const name of each.missing) if (!mayLack) throw unknownOrganization(each, name);
  const problems = problemsIn(loaded, session.io.cwd);
  for (const problem of problems) session.say(`${renderProblem(problem)}\n`);
  const ok = !hasErrors(loaded);
  if (ok) return { loaded, ok, problems };
  session.exitCode = 1;
  session.say(session.errorColors.red(`${countProblems(problems)}: ${undone}`));
  return { loaded, ok, problems };
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
