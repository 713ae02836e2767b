import { resolve } from "node:path";
import { changedSince, narrowed } from "../../fleet/since.ts";
import { findTargets, type Selection } from "../../fleet/targets.ts";
import { listPaths } from "../../shared/list-names.ts";
import type { SinceOption } from "../options.ts";
import type { Session } from "../session.ts";

/**
 * The targets of a command line, or with `--since` the part of them that a change concerns. If code changed on which stacks depend,
 * that is all of them.
 */
export async function affectedTargets(
  session: Session,
  targets: readonly string[],
  { since: ref, save }: SinceOption & { readonly save?: string },
): Promise<readonly Selection[]> {
  const selections = findTargets(targets, session.io);
  if (ref === undefined) return selections;
  const outputs = save === undefined ? [] : [resolve(session.io.cwd, save)];
  const since = await changedSince(ref, selections, session.io, targets.length === 0, outputs);
  const isConcerned = since.code.length > 0;
  if (isConcerned)
    session.log(`Running all stacks, because code that they depend on changed: ${listPaths(since.code)}.`);
  return selections.flatMap((selection) => narrowed(selection, since, isConcerned) ?? []);
}
