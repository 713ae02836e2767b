import { parentPort } from "node:worker_threads";
import { serveProvider } from "./server.ts";

/** What the thread of a provider is told: with what to serve, once, and then what to end. */
export type ThreadOrder =
  | { readonly serve: Readonly<Record<string, string | undefined>> }
  /** Every call and every wait. */
  | "abort"
  | "close";

/** What it tells: where it listens, and lines for the person who watches. */
export type ThreadNews =
  | { readonly port: number }
  | { readonly status: { readonly urn: string; readonly message: string } };

if (parentPort === null) throw new Error("this is the module of a thread");
const engine = parentPort;
const tell = (news: ThreadNews): void => engine.postMessage(news);
const stop = new AbortController();
let close = async (): Promise<void> => undefined;

engine.on("message", async (order: ThreadOrder) => {
  if (order === "abort") return stop.abort();
  if (order === "close") {
    await close();
    process.exit();
  }
  const provider = await serveProvider({
    env: order.serve,
    shared: true,
    signal: stop.signal,
    onStatus: (urn, message) => tell({ status: { urn, message } }),
  });
  close = () => provider.close();
  tell({ port: provider.port });
});
