import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AccessWorld, OWNER, PLATFORM } from "../tests/access/access-world.ts";
import { folderWith } from "../tests/cli/command-line.ts";
import { type Figure, median, rounded } from "./figure.ts";
import { isTiny, size } from "./size.ts";

const TRIES = size(20, 2);
/** Seconds at the 95th percentile. */
const GOAL = 5;
/** Seconds until a workspace is closed after its last process died. */
const GOAL_CLOSED = 60;
const BETWEEN_LOOKS_MILLISECONDS = 10;
const LONGEST_MILLISECONDS = 120_000;

type Change = (world: AccessWorld, email: string) => Promise<unknown>;

/** Changes that must revoke access, with the role that the person has before. */
const CHANGES: Readonly<Record<string, readonly [role: "admin" | "member", change: Change]>> = {
  "a removal": ["member", (world, email) => world.remove(email)],
  "a change of address": ["member", (world, email) => world.changeAddress(email, `moved-${email}`)],
  "a change of role": ["admin", (world, email) => world.changeRole(email, "member")],
};

/**
 * Measures how long a workspace still accepts a valid token after a change in the control plane, while one process
 * (`tenantry access --watch`) delivers changes. Also measures how long the workspace stays open after that process is killed.
 */
export async function measureAccess(): Promise<Figure[]> {
  const world = await AccessWorld.open();
  const folder = folderWith({ "stacks/shop/platform.yaml": PLATFORM });
  const watching = watch(world, folder.path);
  try {
    const figures: Figure[] = [];
    for (const [name, [role, change]] of Object.entries(CHANGES))
      figures.push(...figuresOf(name, await measureChange(world, name, role, change)));
    figures.push(...figuresOf("an expired invitation", await measureExpiry(world)));
    return [...figures, await measureClosing(world, watching)];
  } finally {
    kill(watching);
    folder.remove();
    await world.close();
  }
}

function figuresOf(name: string, seconds: readonly number[]): Figure[] {
  const sorted = [...seconds].sort((a, b) => a - b);
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
  const figure = (of: string, value: number): Figure => ({
    name: `Seconds until a workspace refuses a valid token after ${name}, ${of}`,
    value: rounded(value),
    unit: "s",
    goal: GOAL,
    better: "lower",
  });
  return [figure("median", median(sorted)), figure("95th percentile", p95)];
}

async function measureChange(
  world: AccessWorld,
  name: string,
  role: "admin" | "member",
  change: Change,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let number = 0; number < TRIES; number += 1) {
    const email = `${name.replaceAll(" ", "-")}-${number}@acme.example`;
    await world.join(email, role);
    await until(async () => (await world.enters(email)) === "in");
    // A random delay, so that changes aren't synchronized with the process's polling.
    await sleep(Math.random() * 100);
    await change(world, email);
    seconds.push(await secondsUntilRefused(world, email));
  }
  return seconds;
}

/**
 * The invited person tries to accept an expired invitation, then to enter. No change has to reach the workspace, because its list
 * contains only members.
 */
async function measureExpiry(world: AccessWorld): Promise<number[]> {
  const seconds: number[] = [];
  for (let number = 0; number < TRIES; number += 1) {
    const email = `late-${number}@acme.example`;
    await world.signUp(email);
    await world.invite(email, "member");
    await world.expire(email);
    const accepted = await world.accept(email).then(
      () => true,
      () => false,
    );
    if (accepted) throw new Error("an expired invitation was accepted");
    seconds.push(await secondsUntilRefused(world, email));
  }
  return seconds;
}

async function measureClosing(world: AccessWorld, watching: ChildProcess): Promise<Figure> {
  const ended = once(watching, "exit");
  kill(watching);
  await ended;
  if (isTiny) await world.askWorkspace("update private.settings set access_lease_seconds = 1");
  return {
    name: "Seconds until a workspace is closed after the only process was killed",
    value: rounded(await secondsUntilRefused(world, OWNER)),
    unit: "s",
    goal: GOAL_CLOSED,
    better: "lower",
  };
}

async function secondsUntilRefused(world: AccessWorld, email: string): Promise<number> {
  const began = performance.now();
  await until(async () => (await world.enters(email)) !== "in");
  return (performance.now() - began) / 1000;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > LONGEST_MILLISECONDS) throw new Error("no change reached the workspace");
    await sleep(BETWEEN_LOOKS_MILLISECONDS);
  }
}

/** Starts a separate process, as in production. */
function watch(world: AccessWorld, cwd: string): ChildProcess {
  const program = join(import.meta.dirname, "../bin/tenantry");
  const env = { ...process.env, ...world.live.sandbox.env };
  const args = [program, "access", "--watch", "stacks/shop"];
  return spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "ignore", "inherit"], detached: true });
}

function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
}
