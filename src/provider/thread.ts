import { parentPort, workerData } from "node:worker_threads";
import { type RunningProvider, serveProvider } from "./runtime/server.ts";

/** What the thread of a provider begins with: the provider's environment. */
export type ThreadData = Readonly<Record<string, string | undefined>>;

/** What it is told to end: every call and every wait, or itself. */
export type ThreadCommand = "abort" | "close";

/** What it tells: where it listens, and lines for the person who watches. */
export type ThreadEvent =
  | { readonly port: number }
  | { readonly status: { readonly urn: string; readonly message: string } };

if (parentPort === null) throw new Error("this is the module of a thread");
const engine = parentPort;
const tell = (news: ThreadEvent): void => engine.postMessage(news);
const stop = new AbortController();
let provider: RunningProvider | undefined;

engine.on("message", async (order: ThreadCommand) => {
  if (order === "abort") return stop.abort();
  await provider?.close();
  process.exit();
});

provider = await serveProvider({
  env: workerData as ThreadData,
  shared: true,
  signal: stop.signal,
  onStatus: (urn, message) => tell({ status: { urn, message } }),
});
tell({ port: provider.port });
