import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@tenantry/core/errors";
import pLimit from "p-limit";
import type { Database } from "../vendors/postgres/database.ts";
import { type AccessList, takeAccessList, takeDue, workspacesWithProject } from "./access-list.ts";
import { type Delivery, type DeliveryContext, tryToDeliver } from "./deliver.ts";
import { renewalSeconds } from "./lease.ts";

/** Concurrent deliveries. Each project has its own rate limit: https://supabase.com/docs/reference/api/introduction */
const AT_ONCE = 32;
/** The polling interval without notifications. */
const POLL_MILLISECONDS = 1_000;

/** Delivers the members of every workspace to its database, once. */
export async function deliverAll(context: DeliveryContext): Promise<readonly Delivery[]> {
  const workspaces = await context.database.read(workspacesWithProject);
  const limit = pLimit(AT_ONCE);
  const deliveries = await Promise.all(workspaces.map((id) => limit(() => deliverOne(context, id))));
  return deliveries.flatMap((delivery) => delivery ?? []);
}

async function deliverOne(context: DeliveryContext, workspace: string): Promise<Delivery | undefined> {
  const answer = await context.database.transaction((query) => takeAccessList(query, workspace));
  return answer && tryToDeliver(context, answer);
}

/** Delivers all pending changes, once. */
export async function deliverChanges(context: DeliveryContext): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  for (;;) {
    const due = await takeUp(context.database, AT_ONCE, null);
    if (due.length === 0) return deliveries;
    deliveries.push(...(await Promise.all(due.map((answer) => tryToDeliver(context, answer)))));
  }
}

export interface DeliveryWorkerOptions {
  readonly signal: AbortSignal;
  /** Receives a line for each failed delivery, and for the next successful one. */
  readonly log: (line: string) => void;
  /** The polling interval without notifications. Default 1,000. */
  readonly pollMilliseconds?: number;
}

/**
 * Delivers each change as soon as it is committed, and renews the leases of workspaces, until the signal aborts. Several
 * processes can run this at the same time. After a crash, the next process completes the pending deliveries.
 */
export async function runDeliveryWorker(
  context: DeliveryContext,
  options: DeliveryWorkerOptions,
): Promise<void> {
  const { signal, log, pollMilliseconds = POLL_MILLISECONDS } = options;
  const confirmAfter = renewalSeconds(context);
  const bell = new Bell();
  const failing = new Set<string>();
  const running = new Set<Promise<void>>();
  const listening = listen(context.database, bell, signal);

  while (!signal.aborted) {
    const rung = bell.next();
    const free = AT_ONCE - running.size;
    const due = free === 0 ? [] : await takeUp(context.database, free, confirmAfter).catch(told);
    for (const answer of due) start(answer);
    // If more may be due, look again immediately. Otherwise wait for a notification, a finished delivery or the interval.
    if (due.length < free || free === 0) await pause(signal, pollMilliseconds, rung);
  }
  await Promise.all([listening, ...running]);

  function start(answer: AccessList): void {
    const task = tryToDeliver(context, answer)
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

  function told(error: unknown): readonly AccessList[] {
    if (signal.aborted) return [];
    log(`access: ${messageOf(error)}`);
    return [];
  }
}

function takeUp(database: Database, most: number, confirmAfterSeconds: number | null) {
  return database.transaction((query) => takeDue(query, { most, confirmAfterSeconds }));
}

/** Rings the bell for each committed change. If the connection is lost, opens a new one; polling continues meanwhile. */
async function listen(database: Database, bell: Bell, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await database.listen("tenantry_access", () => bell.ring(), signal).catch(() => undefined);
    if (!signal.aborted) await pause(signal, POLL_MILLISECONDS);
  }
}

/** A promise that resolves at the next ring. */
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

/** Waits for the interval, for `woken`, or until the signal aborts. */
async function pause(signal: AbortSignal, milliseconds: number, woken?: Promise<void>): Promise<void> {
  const over = new AbortController();
  const timer = sleep(milliseconds, undefined, { signal: AbortSignal.any([signal, over.signal]) });
  await Promise.race([timer.catch(() => undefined), ...(woken === undefined ? [] : [woken])]);
  over.abort();
}
