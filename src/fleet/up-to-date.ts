import { createHash } from "node:crypto";
import type { Engine } from "../engine/engine.ts";
import type { FleetStack } from "./fleet.ts";

/**
 * The tag of a stack that is as its program wanted it: a digest of what the program saw and of the state that it left, and the
 * instant until which nothing moves by itself.
 */
const TAG = "tenantry:up-to-date";

/** For a stack in which nothing ever moves by itself. */
const FOR_GOOD = "for-good";

/**
 * Whether a stack is as its last run left it, and its program would see what it saw then: it has nothing to do.
 *
 * Nothing is looked up: what changed outside is drift, for `--refresh` to find.
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

/** To be called when all of the stack is as its program wants it. A stack that waits for something outside gets no tag. */
export async function markUpToDate(stack: FleetStack, engine: Engine): Promise<void> {
  if (stack.digest === undefined) return;
  const until = await settledUntil(stack, engine);
  if (until === undefined) return;
  const revision = await engine.revision(stack.spec);
  if (revision === undefined) return;
  const value = mark(stack.digest, revision, until);
  if ((await engine.tags(stack.spec))[TAG] !== value) await engine.setTag(stack.spec, TAG, value);
}

/** When the first of its resources moves by itself; undefined when one waits for something already. */
async function settledUntil({ spec }: FleetStack, engine: Engine): Promise<string | undefined> {
  // The vendors' clients take their time to load, and most runs find nothing to mark.
  const { resourceOf } = await import("../provider/table.ts");
  const recorded = (await engine.resources(spec)) ?? [];
  const moves: string[] = [];
  for (const { type, outputs } of recorded) {
    const resource = resourceOf(type);
    if (resource?.isSettled?.(outputs) === false) return undefined;
    const on = resource?.movesOn?.(outputs);
    if (on !== undefined) moves.push(on);
  }
  return moves.sort()[0] ?? FOR_GOOD;
}

function mark(digest: string, revision: string, until: string): string {
  return `${createHash("sha256").update(`${digest} ${revision} ${until}`).digest("hex")} ${until}`;
}
