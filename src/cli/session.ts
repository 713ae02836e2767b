import type { Readable, Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { printableColored, printableJson } from "@tenantry/core/printable";
import type { Variables } from "../fleet/environment.ts";
import { type Colors, colorsFor } from "./render/colors.ts";

/** The environment of a command line: that of the process, or a test's. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Variables;
  readonly cwd: string;
  /** Whether both outputs go to the same place, as with `2>&1`. Default false. */
  readonly isOneOutput?: boolean;
  /** Calls the listener for each Ctrl-C and SIGTERM. Returns a function that removes the listener. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process immediately. */
  exit(code: number): never;
}

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** 0: success, or nothing to do. 1: an error. 2: changes or differences were found. */
export type ExitCode = 0 | 1 | 2;

/**
 * One run of the command line. Results go to stdout and everything else to stderr, so that a pipe receives only the result.
 *
 * An output can be lost: its reader closes the pipe, or its disk is full. That stops no work that changes something, but the exit code
 * is 1.
 */
export class Session {
  readonly io: Io;
  readonly colors: Colors;
  readonly errorColors: Colors;
  exitCode: ExitCode = 0;
  /** Set by commands that change nothing: they stop when their output is closed. */
  stopsUnread = false;
  readonly #unread = new AbortController();
  readonly #lost = new Map<Output, Error>();
  readonly #listeners: readonly (readonly [Output, (error: Error) => void])[];

  constructor(io: Io) {
    this.io = io;
    this.colors = colorsFor(io.stdout, io.env);
    this.errorColors = colorsFor(io.stderr, io.env);
    this.#listeners = [io.stdout, io.stderr].map((output) => [output, (error) => this.#lose(output, error)]);
    for (const [output, listener] of this.#listeners) output.on("error", listener);
  }

  /** Prints a line of the result. */
  print(text = ""): void {
    this.#write(this.io.stdout, `${printableColored(text)}\n`);
  }

  /** Prints the result of a run with `--json`, which is all that goes to stdout. */
  printJson(document: unknown): void {
    this.#write(this.io.stdout, `${printableJson(JSON.stringify(document, null, 2))}\n`);
  }

  /** Prints a message to stderr. */
  log(text = ""): void {
    this.#write(this.io.stderr, `${printableColored(text)}\n`);
  }

  /** Aborted when the result has no reader. */
  get unread(): AbortSignal {
    return this.#unread.signal;
  }

  /** Waits until everything was written. Returns what was lost: the output's name and why. Undefined if nothing was. */
  async flush(): Promise<string | undefined> {
    await Promise.all([this.io.stdout, this.io.stderr].map(flushed));
    const [lost] = this.#lost;
    if (lost === undefined) return undefined;
    const [output, { message }] = lost;
    return `${output === this.io.stdout ? "stdout" : "stderr"}: ${message}`;
  }

  /** Ends the session's use of the outputs. */
  close(): void {
    for (const [output, listener] of this.#listeners) output.off("error", listener);
  }

  #write(output: Output, text: string): void {
    if (!this.#lost.has(output)) output.write(text);
  }

  #lose(output: Output, error: Error): void {
    if (!this.#lost.has(output)) this.#lost.set(output, error);
    if (output === this.io.stdout || this.io.isOneOutput === true) this.#unread.abort();
  }

  /** Whether the user can be asked for confirmation. */
  get interactive(): boolean {
    return this.io.stdin.isTTY === true && this.io.stderr.isTTY === true && !this.io.env.CI;
  }
}

/** Errors of the writes before it are reported by then. */
async function flushed(output: Output): Promise<void> {
  await new Promise<void>((resolve) => output.write("", () => resolve()));
  await setImmediate();
}
