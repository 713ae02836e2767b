import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ThreadCommand, ThreadData, ThreadEvent } from "../provider/thread.ts";
import { PACKAGE_ROOT } from "../shared/package.ts";

/**
 * The provider that all stacks of a run share, with one rate limiter per vendor and token and one pool per database.
 *
 * It runs in a separate thread and loads there while the stacks are assembled.
 */
export class SharedProvider {
  /** Its address, once it listens. */
  readonly address: Promise<string>;
  readonly #thread: Worker;
  readonly #ended: Promise<unknown>;

  /** @param onStatus receives the progress messages of resources, with the name of their stack */
  constructor(options: {
    readonly env: ThreadData;
    /** Ends every call and every wait. */
    readonly signal: AbortSignal;
    readonly onStatus: (stack: string, message: string) => void;
  }) {
    const { env, signal, onStatus } = options;
    this.#thread = new Worker(join(PACKAGE_ROOT, "bin/provider-thread.js"), { workerData: env });
    this.#ended = once(this.#thread, "exit");
    signal.addEventListener("abort", () => this.#tell("abort"), { once: true });
    this.address = new Promise((resolve) => {
      this.#thread.on("message", (news: ThreadEvent) => {
        if ("port" in news) resolve(`127.0.0.1:${news.port}`);
        else onStatus(stackOf(news.status.urn), news.status.message);
      });
    });
  }

  async close(): Promise<void> {
    this.#tell("close");
    await this.#ended;
  }

  #tell(order: ThreadCommand): void {
    this.#thread.postMessage(order);
  }
}

/** `urn:pulumi:agntdata.acme::tenants::…` */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}
