import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { preloading } from "./node-options.ts";

/** Ends a Node.js child when the engine ends in any way, because that closes the channel between them. */
const GUARD = 'process.on("disconnect", () => process.exit(1)); process.channel?.unref();';

const GRACE_MS = 5000;

/** A process of a run: a program or a provider. It ends with the engine. */
export interface Child {
  /** Resolves when the process has ended and its output has been read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends a message to a Node.js child over its channel. */
  tell(message: Readonly<Record<string, unknown>>): void;
  /** Sends `signal` to the process, and kills it after five seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The process of a plugin. */
export interface PluginProcess {
  stop(): Promise<void>;
  /** Waits up to a second for the process to end on its own, so that its last output can be reported. */
  endsByItself(): Promise<void>;
}

export function startChild(
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** JavaScript modules that a Node.js child loads before anything else. */
    readonly preload?: readonly string[];
    readonly onLine: (line: string, stream: "stdout" | "stderr") => void;
  },
): Child {
  const [file = "", ...args] = command;
  const nodeOptions = preloading([GUARD, ...(options.preload ?? [])], options.env.NODE_OPTIONS);
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env, NODE_OPTIONS: nodeOptions },
    // In a separate process group the child doesn't get the terminal's Ctrl-C. The engine stops it in order.
    detached: true,
    // A provider that isn't a Node.js program sees its standard input close instead.
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  // Callers that await the end get the failure. Awaiting it is optional.
  ended.catch(() => undefined);
  readLines(child, options.onLine);
  return {
    ended,
    // A process that has ended gets no message. Its end is reported by `ended`.
    tell: (message) => void child.send(message, () => undefined),
    stop: (signal = "SIGTERM") => stop(child, ended, signal),
  };
}

function readLines(child: ChildProcess, onLine: (line: string, stream: "stdout" | "stderr") => void): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const input = child[stream];
    if (input !== null) createInterface({ input }).on("line", (line) => onLine(line, stream));
  }
}

async function stop(child: ChildProcess, ended: Child["ended"], signal: NodeJS.Signals): Promise<void> {
  signalGroup(child, signal);
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS);
  await ended.catch(() => undefined);
  clearTimeout(timer);
}

/** Signals the child and the processes that it started. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // The process has just ended on its own.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
