import { createHash } from "node:crypto";
import type { Engine } from "@tenantry/embedded-engine/interface";
import type { FleetStack } from "./fleet.ts";

/**
 * The tag of an up-to-date stack: a digest of the program's input and of the resulting state, and the time of the next change
 * that happens without an edit.
 */
const TAG = "tenantry:up-to-date";

/** For a stack that never changes without an edit. */
const FOR_GOOD = "for-good";

/**
 * Whether a stack's state and its program's input are unchanged since its last run, so that there is nothing to do.
 *
 * It calls no vendor. `--refresh` finds changes that were made elsewhere (drift).
 */
export async function isUpToDate(
  stack: FleetStack,
  engine: Engine,
  now: Date = new Date(),
): Promise<boolean> {
  if (stack.digest === undefined) return false;
  const tag = (await engine.tags(stack.spec))[TAG];
  if (tag === undefined) return false;
  const until = tag.slice(tag.indexOf(" ") + 1);
  if (until !== FOR_GOOD && !(Date.parse(until) > now.getTime())) return false;
  const revision = await engine.revision(stack.spec);
  return revision !== undefined && tag === mark(stack.digest, revision, until);
}

/**
 * Call this when the whole stack is as declared. A stack that waits for an outside event gets no tag.
 *
 * @param seen the revision of the state that was found to be as declared; by default the current one. A state that another program
 *   has written since, such as plain `pulumi`, gets no tag
 */
export async function markUpToDate(stack: FleetStack, engine: Engine, seen?: string | null): Promise<void> {
  if (stack.digest === undefined) return;
  const revision = seen === undefined ? await engine.revision(stack.spec) : seen;
  const until = await settledUntil(stack, engine);
  if (until === undefined || revision === undefined || revision === null) return;
  if ((await engine.revision(stack.spec)) !== revision) return;
  const value = mark(stack.digest, revision, until);
  if ((await engine.tags(stack.spec))[TAG] !== value) await engine.setTag(stack.spec, TAG, value);
}

/** The earliest change that happens without an edit; undefined when a resource is already waiting for one. */
async function settledUntil({ spec }: FleetStack, engine: Engine): Promise<string | undefined> {
  // The vendors' clients load slowly, and most runs have nothing to mark.
  const { resourceOf } = await import("../provider/registry.ts");
  const recorded = (await engine.resources(spec)) ?? [];
  const moves: string[] = [];
  for (const { type, outputs } of recorded) {
    const resource = resourceOf(type);
    if (resource?.isSettled?.(outputs) === false) return undefined;
    const on = resource?.nextChangeAt?.(outputs);
    if (on !== undefined) moves.push(on);
  }
  return moves.sort()[0] ?? FOR_GOOD;
}

function mark(digest: string, revision: string, until: string): string {
  return `${createHash("sha256").update(`${digest} ${revision} ${until}`).digest("hex")} ${until}`;
}
