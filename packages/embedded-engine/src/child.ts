import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { preloading } from "./node-options.ts";

/** Ends a Node.js child when the engine is gone, however it went: the channel between them closes with it. */
const GUARD = 'process.on("disconnect", () => process.exit(1)); process.channel?.unref();';

const GRACE_MS = 5000;

/** A process of a run: a program or a provider. It never outlives the engine. */
export interface Child {
  /** Resolves when it has ended and all it wrote has been read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Sends it a message over the channel that a Node.js child has. */
  tell(message: Readonly<Record<string, unknown>>): void;
  /** Asks it to end by `signal`, and ends it after five seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The process of a plugin, to those who talk to it. */
export interface PluginProcess {
  stop(): Promise<void>;
  /** Waits a second for an end that nobody asked for: what it last said is told then. */
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
    // A group of its own: Ctrl-C on the terminal reaches the engine, which ends its children in good order.
    detached: true,
    // A provider that is no Node.js program sees its standard input close instead.
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  // Whoever waits for the end sees the failure; nobody has to.
  ended.catch(() => undefined);
  readLines(child, options.onLine);
  return {
    ended,
    // One that has ended hears nothing, and its end tells.
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

/** The child and all that it has started. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
