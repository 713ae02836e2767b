import { afterAll, beforeAll, expect, test } from "vitest";
import { CIRCUIT, type History, histories, KINDS, pairsOf } from "./events.ts";
import { type Outcome, run } from "./run.ts";
import { World } from "./world.ts";

/** As many as cover every ordered pair of events. `npm run histories` runs 10,000. */
const COUNT = Number(process.env.HISTORIES ?? CIRCUIT);
/** The first history to run. Earlier ones are drawn and skipped. */
const FIRST = Number(process.env.FIRST ?? 1);
const SEED = Number(process.env.SEED ?? 20_261_122);
const PAIRS = KINDS.length ** 2;

let world: World;
const { stackTraceLimit } = Error;
beforeAll(async () => {
  world = await World.open();
  // Stripe's client creates an error for each request, whose stack is costly to print.
  Error.stackTraceLimit = 0;
});
afterAll(async () => {
  Error.stackTraceLimit = stackTraceLimit;
  await world.stop();
});

test("whatever happens in whatever order, the plan, the payments and the credits are those of the model", {
  timeout: 24 * 60 * 60 * 1000,
}, async () => {
  const [pairs, effective] = [new Set<string>(), new Set<string>()];
  const found = histories(SEED);
  for (let number = 1; number <= COUNT; number += 1) {
    const { value: history } = found.next();
    if (number < FIRST) continue;
    const outcome = await run(world, history);
    if (outcome.difference !== undefined) expect.fail(await described(history, outcome, number));
    for (const [place, pair] of pairsOf(history).entries()) {
      pairs.add(pair);
      if (outcome.effective[place] && outcome.effective[place + 1]) effective.add(pair);
    }
    if (process.env.HISTORIES !== undefined && (number % 100 === 0 || number === COUNT))
      process.stdout.write(`${number} histories: ${pairs.size} pairs, ${effective.size} of them possible\n`);
  }
  if (COUNT - FIRST >= CIRCUIT - 1) expect(pairs.size).toBe(PAIRS);
});

/** The shortest history that still fails, and how to repeat it. */
async function described(history: History, outcome: Outcome, number: number): Promise<string> {
  const short = await shortened(history, outcome);
  const { difference } = short.outcome;
  return [
    `SEED=${SEED} FIRST=${number} HISTORIES=${number}: this history fails. Its shortest form begins with ${history.beginning}:`,
    ...short.history.events.map(({ kind, choice }) => `${kind} ${choice}`),
    `After event ${difference?.after}, ${difference?.where} differs.`,
    `Expected: ${textOf(difference?.expected)}`,
    `Found:    ${textOf(difference?.found)}`,
  ].join("\n  ");
}

async function shortened(
  history: History,
  outcome: Outcome,
): Promise<{ history: History; outcome: Outcome }> {
  let shortest = { history, outcome };
  for (let place = history.events.length - 1; place >= 0; place -= 1) {
    const events = shortest.history.events.filter((_, index) => index !== place);
    const shorter = { ...history, events };
    const again = await run(world, shorter);
    if (again.difference !== undefined) shortest = { history: shorter, outcome: again };
  }
  return shortest;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
