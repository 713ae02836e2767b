import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { PACKAGE_ROOT } from "../core/package.ts";
import type { ThreadNews, ThreadOrder } from "../provider/thread.ts";
import type { Variables } from "./environment.ts";

/**
 * The provider that all stacks of a run share: one limiter for each vendor and token, and one pool for each database.
 *
 * It has a thread of its own, beside the engine's, and loads there while the engine still reads manifests.
 */
export class SharedProvider {
  readonly #thread = new Worker(join(PACKAGE_ROOT, "bin/provider-thread.js"));
  readonly #ended = once(this.#thread, "exit");
  #serves = false;

  /**
   * Once.
   *
   * @param onStatus what a resource says while it works, by the name of its stack
   * @returns where it listens, as soon as it does
   */
  async serve(options: {
    readonly env: Variables;
    /** Ends every call and every wait. */
    readonly signal: AbortSignal;
    readonly onStatus: (stack: string, message: string) => void;
  }): Promise<string> {
    const { env, signal, onStatus } = options;
    this.#serves = true;
    signal.addEventListener("abort", () => this.#tell("abort"), { once: true });
    this.#tell({ serve: env });
    const port = await new Promise<number>((resolve) => {
      this.#thread.on("message", (news: ThreadNews) => {
        if ("port" in news) resolve(news.port);
        else onStatus(stackOf(news.status.urn), news.status.message);
      });
    });
    return `127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    if (this.#serves) this.#tell("close");
    else await this.#thread.terminate();
    await this.#ended;
  }

  #tell(order: ThreadOrder): void {
    this.#thread.postMessage(order);
  }
}

/** `urn:pulumi:agntdata.acme::tenants::…` */
function stackOf(urn: string): string {
  return urn.split("::")[0]?.split(":")[2] ?? "";
}
