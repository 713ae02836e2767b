import { printable } from "@tenantry/core/printable";
import type { EngineEvent, StepMetadata } from "@tenantry/embedded-engine/interface";
import type { FleetObserver, StackResult, Verb } from "../fleet/run.ts";
import { wordsOf } from "../plan/words/of.ts";
import { formatSeconds } from "../shared/format.ts";
import type { Colors } from "./render/colors.ts";
import type { Output, Session } from "./session.ts";

/** Shows the progress of running stacks. */
export interface Progress extends FleetObserver {
  /** Shows a status message of a resource. */
  status(stack: string, message: string): void;
  /** Removes the live lines and keeps the finished ones. */
  stop(): void;
}

const DOING: Readonly<Record<Verb, string>> = {
  preview: "previewing",
  up: "updating",
  refresh: "refreshing",
  destroy: "destroying",
};

/** Shows live lines on a terminal, and plain lines elsewhere (CI, a file, a dumb terminal). */
export function watch(session: Session, stacks: number): Progress {
  const { stderr, env } = session.io;
  const live = stderr.isTTY === true && !env.CI && env.TERM !== "dumb";
  return live ? new LiveProgress(stderr, session.errorColors, stacks) : new PlainProgress(session);
}

/** Prints a line when a stack begins, when one of its resources is done or fails, and when it ends. */
class PlainProgress implements Progress {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  started(stack: string, verb: Verb): void {
    this.#session.log(`[${stack}] ${DOING[verb]}`);
  }

  event(stack: string, event: EngineEvent): void {
    const failed = event.resOpFailedEvent?.metadata;
    if (failed !== undefined) this.#session.log(`[${stack}] ${describe(failed)} failed`);
    const done = event.resOutputsEvent;
    if (done !== undefined && !done.planning && isWork(done.metadata))
      this.#session.log(`[${stack}] ${describe(done.metadata)}`);
  }

  status(stack: string, message: string): void {
    this.#session.log(`[${stack}]   ${printable(message)}`);
  }

  finished(result: StackResult): void {
    if (result.skipped) return;
    this.#session.log(`[${result.stack}] ${result.outcome} in ${formatSeconds(result.seconds)}`);
  }

  stop(): void {}
}

interface Running {
  readonly verb: Verb;
  readonly since: number;
  /** The running steps by URN. The one that started last is shown. */
  readonly now: Map<string, string>;
  /** The latest status message; cleared when a resource ends. */
  status: string | undefined;
  steps: number;
}

/** Redraws a line for each running stack with its current step, the number of finished steps and the elapsed time. */
class LiveProgress implements Progress {
  readonly #output: Output;
  readonly #colors: Colors;
  readonly #total: number;
  readonly #running = new Map<string, Running>();
  readonly #timer: NodeJS.Timeout;
  #finished = 0;
  #drawn = 0;

  constructor(output: Output, colors: Colors, total: number) {
    this.#output = output;
    this.#colors = colors;
    this.#total = total;
    this.#timer = setInterval(() => this.#draw(), 100).unref();
  }

  started(stack: string, verb: Verb): void {
    this.#running.set(stack, { verb, since: performance.now(), now: new Map(), status: undefined, steps: 0 });
  }

  event(stack: string, event: EngineEvent): void {
    const running = this.#running.get(stack);
    if (running === undefined) return;
    const begun = event.resourcePreEvent?.metadata;
    if (begun !== undefined && isWork(begun)) running.now.set(begun.urn, describe(begun));
    const ended = (event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
    if (ended === undefined) return;
    running.now.delete(ended.urn);
    running.status = undefined;
    running.steps += 1;
  }

  status(stack: string, message: string): void {
    const running = this.#running.get(stack);
    if (running !== undefined) running.status = message;
  }

  finished(result: StackResult): void {
    this.#running.delete(result.stack);
    this.#finished += 1;
    if (result.outcome !== "failed" && result.outcome !== "done") return;
    this.#erase();
    const mark = result.outcome === "done" ? this.#colors.green("✓") : this.#colors.red("✗");
    this.#output.write(`${mark} ${result.stack} ${this.#colors.dim(formatSeconds(result.seconds))}\n`);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #draw(): void {
    const width = (this.#output.columns ?? 80) - 1;
    const lines = [...this.#running].map(([stack, running]) => {
      const elapsed = formatSeconds((performance.now() - running.since) / 1000);
      const now = running.status ?? [...running.now.values()].at(-1) ?? DOING[running.verb];
      return `  ${stack}  ${printable(now)}  ${running.steps} steps, ${elapsed}`.slice(0, width);
    });
    this.#erase();
    if (lines.length === 0) return;
    const head = `${this.#finished} of ${this.#total} done`.slice(0, width);
    this.#output.write(`${[head, ...lines].map((line) => this.#colors.dim(line)).join("\n")}\n`);
    this.#drawn = lines.length + 1;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#output.write(`\x1b[${this.#drawn}A\x1b[0J`);
    this.#drawn = 0;
  }
}

/** Whether a step calls a provider. */
function isWork(metadata: StepMetadata): boolean {
  return metadata.op !== "same" && metadata.op !== "replace" && metadata.provider !== "";
}

const DEEDS: Readonly<Partial<Record<StepMetadata["op"], string>>> = {
  create: "create",
  "create-replacement": "create replacement",
  "delete-replaced": "delete replaced",
  update: "update",
  delete: "delete",
  refresh: "refresh",
  read: "read",
  import: "import",
};

function describe(metadata: StepMetadata): string {
  const name = metadata.urn.split("::").at(-1) ?? metadata.urn;
  return `${DEEDS[metadata.op] ?? metadata.op} ${wordsOf(metadata.type).noun} ${name}`;
}
