import type { World } from "../harness.ts";

/** Right before a write takes effect, or right after it and before its response. */
export type Moment = "before" | "after";

/** All writes: calls of the two APIs, and commits in the control plane. */
const WRITE = "^(POST|PUT|PATCH|DELETE) |^(commit|COMMIT|end)";

/**
 * Runs `up` in a separate process, and kills it at its n-th write.
 *
 * @returns the write; undefined if the run had fewer writes and succeeded
 */
export async function upKilledAt(
  world: World,
  stack: string,
  moment: Moment,
  nth: number,
): Promise<string | undefined> {
  world.sandbox.setFaults([{ kind: `hold-${moment}`, match: WRITE, writesOnly: true, nth }]);
  const run = world.startRun(stack);
  const held = await Promise.race([world.sandbox.held(), run.ended]);
  if ("sequence" in held) await run.kill();
  world.sandbox.setFaults([]);
  world.sandbox.release();
  if ("sequence" in held) return `${moment} write ${nth}: ${held.service} ${held.method} ${held.path}`;
  if (held.code !== 0) throw new Error(`${stack} failed, and nobody had killed it:\n${held.stderr}`);
  return undefined;
}

/** Whether a write in the sandbox's log, `service METHOD path`, is one at which runs are killed. */
export function isCounted(write: string): boolean {
  return new RegExp(WRITE).test(write.replace(/^(postgres \w+|\w+) /, ""));
}
