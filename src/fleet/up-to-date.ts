import { createHash } from "node:crypto";
import type { Engine } from "../engine/engine.ts";
import type { FleetStack } from "./fleet.ts";

/** The tag of a stack that is as its program wanted it: of what the program saw, and of the state that it left. */
const TAG = "tenantry:up-to-date";

/**
 * Whether a stack is as its last run left it, and its program would see what it saw then: it has nothing to do.
 *
 * Nothing is looked up: what changed outside is drift, for `--refresh` to find.
 */
export async function isUpToDate(stack: FleetStack, engine: Engine): Promise<boolean> {
  if (stack.digest === undefined) return false;
  const tag = (await engine.tags(stack.spec))[TAG];
  if (tag === undefined) return false;
  const revision = await engine.revision(stack.spec);
  return revision !== undefined && tag === mark(stack.digest, revision);
}

/** To be called when all of the stack is as its program wants it. A stack that waits for something outside gets no tag. */
export async function markUpToDate(stack: FleetStack, engine: Engine): Promise<void> {
  if (stack.digest === undefined || !(await isSettled(stack, engine))) return;
  const revision = await engine.revision(stack.spec);
  if (revision === undefined) return;
  const value = mark(stack.digest, revision);
  if ((await engine.tags(stack.spec))[TAG] !== value) await engine.setTag(stack.spec, TAG, value);
}

async function isSettled({ spec }: FleetStack, engine: Engine): Promise<boolean> {
  // The vendors' clients take their time to load, and most runs find nothing to mark.
  const { resourceOf } = await import("../provider/table.ts");
  const recorded = (await engine.resources(spec)) ?? [];
  return recorded.every(({ type, outputs }) => resourceOf(type)?.isSettled?.(outputs) ?? true);
}

function mark(digest: string, revision: string): string {
  return createHash("sha256").update(`${digest} ${revision}`).digest("hex");
}
