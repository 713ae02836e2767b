import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Fault } from "../../../packages/sandbox/src/faults.ts";
import { Shop } from "../../billing/shop.ts";
import { ACTIONS, type Action, Payer, type Standing, sellScale } from "./paying.ts";

// The waits between attempts take no time here.
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  return {
    ...real,
    setTimeout: (_: number, value?: unknown, options?: { readonly signal?: AbortSignal }) =>
      real.setTimeout(0, value, options),
  };
});

/** `npm run crashes` fails each write of each action in each way, which takes some minutes. Otherwise a sample is taken. */
const all = process.env.TENANTRY_CRASHES === "all";
/** The sample: some cells of one in so many actions. */
const SAMPLE = { seed: 20_261_129, actions: 4, cells: 2 };

/** How a write fails, and what of Stripe's words the user reads if it fails until the run gives up. */
const FAILURES = {
  "500": /Stripe: .* failed \(status 500, request req_\w+\): An unknown error occurred\.\n/,
  "500-after": /Stripe: .* failed \(status 500, request req_\w+\): An unknown error occurred\.\n/,
  "500-stored": /Stripe: .* failed \(status 500, request req_\w+\): An unknown error occurred\.\n/,
  "drop-before": /Stripe: .* failed \(no response\): .*\n.*Nothing is created twice\./,
  "drop-after": /Stripe: .* failed \(no response\): .*\n.*Nothing is created twice\./,
  "429": /Stripe: .* failed \(status 429, request req_\w+\): .*\n.*rate limit/,
} as const satisfies Partial<Record<Fault["kind"], RegExp>>;
type Failure = keyof typeof FAILURES;
const KINDS = Object.keys(FAILURES) as Failure[];

/** `once`: only that write fails. `always`: it fails until the run gives up. `killed`: the run ends at that write. */
type Mode = "once" | "always" | "killed";
const WAYS: readonly (readonly [mode: Mode, kind: Fault["kind"]])[] = [
  ...KINDS.map((kind) => ["once", kind] as const),
  ...KINDS.map((kind) => ["always", kind] as const),
  ["killed", "hold-before"],
  ["killed", "hold-after"],
];

interface Cell {
  readonly name: string;
  readonly action: Action;
  readonly mode: Mode;
  readonly fault: Fault;
}

describe("a write of paying that fails", () => {
  let shop: Shop;
  let payers = 0;
  const references = new Map<Action, Standing>();

  beforeAll(async () => {
    shop = await Shop.open({ stripeRequestsPerSecond: 100_000 });
    await sellScale(shop);
  });
  afterAll(() => shop?.stop());

  async function newPayer({ card, before }: Action): Promise<Payer> {
    shop.live.sandbox.clearRequests();
    payers += 1;
    const payer = new Payer(shop, await shop.organization(`payer-${payers}`, card));
    await before?.(payer);
    payer.starts();
    return payer;
  }

  /** The writes to Stripe since then that had an effect. Deleting what is gone has none. */
  function writesSince(mark: number): string[] {
    return shop.live.sandbox
      .requests()
      .filter(({ sequence, service, write }) => sequence > mark && service === "stripe" && write)
      .filter(({ status }) => status !== 404)
      .map(({ method, path }) => `${method} ${path}`);
  }

  function mark(): number {
    return shop.live.sandbox.requests().at(-1)?.sequence ?? 0;
  }

  /** Runs an action without a fault. Its writes are recorded, so that a new one is in the matrix. */
  async function cellsOf(name: string, action: Action): Promise<Cell[]> {
    const payer = await newPayer(action);
    const start = mark();
    await action.run(payer);
    const writes = writesSince(start).map(patternOf);
    references.set(action, await payer.standing());
    await payer.deletesEndpoints();
    expect(writes, name).not.toEqual([]);
    return writes.flatMap((match, index) =>
      WAYS.map(([mode, kind]): Cell => {
        const nth = writes.slice(0, index + 1).filter((each) => each === match).length;
        const fault: Fault = { kind, service: "stripe", match, ...(mode === "always" ? {} : { nth }) };
        return { name: `${name}: ${match} no. ${nth}, ${kind} ${mode}`, action, mode, fault };
      }),
    );
  }

  async function fails(cell: Cell): Promise<void> {
    const { action, mode, fault, name } = cell;
    const payer = await newPayer(action);
    await failingRun(payer, cell);
    shop.live.sandbox.setFaults([]);
    payer.starts();
    await action.run(payer);
    expectSame(await payer.standing(), references.get(action), `${name} (${mode}, ${fault.kind})`);
    const end = mark();
    payer.starts();
    await action.run(payer);
    expect(writesSince(end), name).toEqual([]);
    await payer.deletesEndpoints();
  }

  async function failingRun(payer: Payer, { action, mode, fault, name }: Cell): Promise<void> {
    const killed = new AbortController();
    payer.starts(killed.signal, { TENANTRY_ATTEMPTS: "2" });
    shop.live.sandbox.setFaults([fault]);
    const run = action.run(payer).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (mode === "killed") {
      await Promise.race([shop.live.sandbox.held(), run]);
      killed.abort();
      shop.live.sandbox.setFaults([]);
      shop.live.sandbox.release();
    }
    const error = await run;
    if (mode === "killed") return;
    const words = FAILURES[fault.kind as Failure];
    const hadEffect = fault.kind === "500-after" || fault.kind === "drop-after";
    if (mode === "always" && !hadEffect) expect(error, name).toBeDefined();
    if (error !== undefined) expect(messageOf(error), name).toMatch(words);
  }

  const draw = generator(SAMPLE.seed);
  const actions = Object.entries(ACTIONS).filter((_, index) => all || index % SAMPLE.actions === 0);

  it.each(actions)(
    "leaves everything paid once, nothing lost, and Stripe's words with the user: %s",
    { timeout: 3_600_000 },
    async (name, action) => {
      const cells = await cellsOf(name, action);
      const chosen = all ? cells : Array.from({ length: SAMPLE.cells }, () => cells[draw(cells.length)]);
      const failed: string[] = [];
      for (const cell of chosen) {
        if (cell === undefined) continue;
        const failure = await fails(cell).then(
          () => undefined,
          (error: unknown) => `${cell.name}\n${messageOf(error)}`,
        );
        shop.live.sandbox.setFaults([]);
        if (failure !== undefined) failed.push(failure);
      }
      expect(failed, `${failed.length} of ${chosen.length} cells failed`).toEqual([]);
    },
  );
});

/** Everything is equal, and what was charged for the rest of a period, which becomes less with each minute, is so within 2 cents. */
function expectSame(found: Standing, reference: Standing | undefined, name: string): void {
  expect(found, name).toEqual({
    ...reference,
    prorated: reference?.prorated.map((cents) =>
      expect.toSatisfy((each: number) => Math.abs(each - cents) <= 2),
    ),
  });
}

/** The path of any object in place of an id, which has an underscore and letters of both cases or digits. */
function patternOf(write: string): string {
  const [method = "", path = ""] = write.split(" ");
  const parts = (path.split("?")[0] ?? "").split("/");
  const any = parts.map((part) => (/_\w*\d|_[A-Za-z0-9]{14,}$|payer-/.test(part) ? "[^/?]+" : part));
  return `^${method} ${any.join("/")}(\\?|$)`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A generator of pseudorandom whole numbers below a limit. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * limit);
  };
}
