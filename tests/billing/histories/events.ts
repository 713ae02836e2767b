/**
 * What happens to an organization's billing. Each event acts through the door that its actor uses: a run of `up`, the customer
 * portal, Stripe's dashboard, the bank, the clock or Stripe's webhooks. An event that isn't possible has no effect.
 */
export const KINDS = [
  "declare",
  "upgrade",
  "downgrade",
  "crash",
  "suspend",
  "activate",
  "resume",
  "pay",
  "decline",
  "remove-card",
  "cancel-at-period-end",
  "cancel-now",
  "add-coupon",
  "add-item",
  "pause",
  "delete-customer",
  "days-pass",
  "month-passes",
  "webhooks-in-time",
  "webhooks-late",
  "webhooks-twice",
  "webhooks-never",
  "job",
] as const;

type Kind = (typeof KINDS)[number];

export interface Event {
  readonly kind: Kind;
  /** Between 0 and 1. It decides the event's details, for example the number of days. */
  readonly choice: number;
}

export interface History {
  /** Between 0 and 1. It decides the first plan, the card and the date. */
  readonly beginning: number;
  readonly events: readonly Event[];
}

/** The number of events in a history, without the beginning. */
const LENGTH = 13;

/**
 * Random histories. Their events are the pieces of random walks that visit every ordered pair of kinds exactly once, so each
 * {@link CIRCUIT} histories in a row cover every pair.
 */
export function* histories(seed: number): Generator<History> {
  for (let circuit = 0; ; circuit += 1) {
    const random = randomFrom(seed + circuit * 7919);
    const walk = everyPairOnce(random);
    for (let start = 0; start < walk.length - 1; start += LENGTH - 1)
      yield {
        beginning: random(),
        events: walk.slice(start, start + LENGTH).map((kind) => ({ kind, choice: random() })),
      };
  }
}

/** The number of histories that cover every ordered pair of kinds. */
export const CIRCUIT = Math.ceil(KINDS.length ** 2 / (LENGTH - 1));

/** The ordered pairs of kinds that follow each other in a history. */
export function pairsOf({ events }: History): string[] {
  return events.slice(1).map(({ kind }, index) => `${events[index]?.kind}, ${kind}`);
}

/** A random Eulerian circuit of the complete directed graph with loops (Hierholzer's algorithm). */
function everyPairOnce(random: () => number): Kind[] {
  const left = new Map(KINDS.map((kind) => [kind, shuffled(KINDS, random)]));
  const path: Kind[] = [KINDS[Math.floor(random() * KINDS.length)] ?? "declare"];
  const circuit: Kind[] = [];
  for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
    const next = left.get(at)?.pop();
    if (next !== undefined) path.push(next);
    else circuit.push(...path.splice(-1));
  }
  return circuit.reverse();
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}

/** A generator of numbers between 0 and 1 that repeats for each seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
