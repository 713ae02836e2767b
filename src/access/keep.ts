import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import type { Database } from "../vendors/postgres/database.ts";
import { attempt, type Delivery, type Reach } from "./deliver.ts";
import { type Answer, takeAnswer, takeDue, workspacesWithProject } from "./read.ts";

/** Workspaces at a time. Each has a rate limit of its own: https://supabase.com/docs/reference/api/introduction */
const AT_ONCE = 32;
/** How often somebody looks who wasn't woken. */
const POLL_MILLISECONDS = 1_000;
/** The part of a lease after which it is renewed: two failures in a row don't end it. */
const RENEWED_AT = 1 / 3;

/** Writes to every workspace's database who may enter it, once. */
export async function deliverAll(reach: Reach): Promise<readonly Delivery[]> {
  const workspaces = await reach.database.read(workspacesWithProject);
  const limit = pLimit(AT_ONCE);
  const deliveries = await Promise.all(workspaces.map((id) => limit(() => deliverOne(reach, id))));
  return deliveries.flatMap((delivery) => delivery ?? []);
}

async function deliverOne(reach: Reach, workspace: string): Promise<Delivery | undefined> {
  const answer = await reach.database.transaction((query) => takeAnswer(query, workspace));
  return answer && attempt(reach, answer);
}

/** Delivers what has changed and isn't delivered yet, once. */
export async function deliverChanges(reach: Reach): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  for (;;) {
    const due = await takeUp(reach.database, AT_ONCE, null);
    if (due.length === 0) return deliveries;
    deliveries.push(...(await Promise.all(due.map((answer) => attempt(reach, answer)))));
  }
}

export interface KeepOptions {
  readonly signal: AbortSignal;
  /** Gets a line for each workspace that fails, and when it is delivered to again. */
  readonly log: (line: string) => void;
  /** How often it looks without being woken. */
  readonly pollMilliseconds?: number;
}

/**
 * Delivers each change as soon as it is committed, and renews the leases of workspaces, until the signal ends it. Several processes may
 * do so side by side; after a crash the next one does what is left.
 */
export async function keepAccess(reach: Reach, options: KeepOptions): Promise<void> {
  const { signal, log, pollMilliseconds = POLL_MILLISECONDS } = options;
  const { leaseSeconds = null } = reach;
  const confirmAfter = leaseSeconds === null ? null : leaseSeconds * RENEWED_AT;
  const bell = new Bell();
  const failing = new Set<string>();
  const running = new Set<Promise<void>>();
  const listening = listen(reach.database, bell, signal);

  while (!signal.aborted) {
    const rung = bell.next();
    const free = AT_ONCE - running.size;
    const due = free === 0 ? [] : await takeUp(reach.database, free, confirmAfter).catch(told);
    for (const answer of due) start(answer);
    // With all hands full, the next one that is free looks again; without, whoever commits a change wakes us.
    if (due.length < free || free === 0) await pause(signal, pollMilliseconds, rung);
  }
  await Promise.all([listening, ...running]);

  function start(answer: Answer): void {
    const task = attempt(reach, answer)
      .then(report, told)
      .then(() => {
        running.delete(task);
        bell.ring();
      });
    running.add(task);
  }

  function report({ workspace, outcome, reason }: Delivery): void {
    if (outcome === "failed") log(`access of ${workspace}: ${reason}`);
    else if (outcome === "delivered" && failing.has(workspace))
      log(`access of ${workspace}: delivered again`);
    if (outcome === "failed") failing.add(workspace);
    else failing.delete(workspace);
  }

  function told(error: unknown): readonly Answer[] {
    if (signal.aborted) return [];
    log(`access: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

function takeUp(database: Database, most: number, confirmAfterSeconds: number | null) {
  return database.transaction((query) => takeDue(query, { most, confirmAfterSeconds }));
}

/** Rings at each change that is committed. Where the connection is lost, polling goes on and another one is opened. */
async function listen(database: Database, bell: Bell, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await database.listen("tenantry_access", () => bell.ring(), signal).catch(() => undefined);
    if (!signal.aborted) await pause(signal, POLL_MILLISECONDS);
  }
}

/** Wakes whoever waits for the next ring. */
class Bell {
  #ring: () => void = () => undefined;
  #next: Promise<void> = Promise.resolve();

  constructor() {
    this.ring();
  }

  next(): Promise<void> {
    return this.#next;
  }

  ring(): void {
    this.#ring();
    this.#next = new Promise((resolve) => {
      this.#ring = resolve;
    });
  }
}

/** Until it is time to look again, it is woken, or nothing is to be done any more. */
async function pause(signal: AbortSignal, milliseconds: number, woken?: Promise<void>): Promise<void> {
  const over = new AbortController();
  const timer = sleep(milliseconds, undefined, { signal: AbortSignal.any([signal, over.signal]) });
  await Promise.race([timer.catch(() => undefined), ...(woken === undefined ? [] : [woken])]);
  over.abort();
}
