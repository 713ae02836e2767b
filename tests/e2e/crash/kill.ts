import type { World } from "../harness.ts";

/** Right before a write takes effect, or right after it did and before anybody hears of it. */
export type Moment = "before" | "after";

/** Every call that changes something: to the two APIs, and the end of each transaction on the control plane. */
const WRITE = "^(POST|PUT|PATCH|DELETE) |^(commit|COMMIT|end)";

/**
 * Runs `up` in a process of its own, and kills it at its n-th write.
 *
 * @returns which write that was; undefined when the run had fewer, and has ended well
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

/** Whether a write of the sandbox's log, as `service METHOD path`, is one of those that runs are killed at. */
export function isCounted(write: string): boolean {
  return new RegExp(WRITE).test(write.replace(/^(postgres \w+|\w+) /, ""));
}
