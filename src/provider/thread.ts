import { parentPort, workerData } from "node:worker_threads";
import { type RunningProvider, serveProvider } from "./runtime/server.ts";

/** The worker thread's input: the provider's environment variables. */
export type ThreadData = Readonly<Record<string, string | undefined>>;

/** `abort` cancels every call and wait; `close` ends the thread. */
export type ThreadCommand = "abort" | "close";

/** The port that the provider listens on, or a line of progress. */
export type ThreadEvent =
  | { readonly port: number }
  | { readonly status: { readonly urn: string; readonly message: string } };

if (parentPort === null) throw new Error("src/provider/thread.ts runs only in a worker thread");
const engine = parentPort;
const send = (event: ThreadEvent): void => engine.postMessage(event);
const stop = new AbortController();
let provider: RunningProvider | undefined;

engine.on("message", async (command: ThreadCommand) => {
  if (command === "abort") return stop.abort();
  await provider?.close();
  process.exit();
});

provider = await serveProvider({
  env: workerData as ThreadData,
  shared: true,
  signal: stop.signal,
  onStatus: (urn, message) => send({ status: { urn, message } }),
});
send({ port: provider.port });
