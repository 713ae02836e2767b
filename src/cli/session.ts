import type { Readable, Writable } from "node:stream";
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
  /** Calls the listener for each Ctrl-C and SIGTERM. Returns a function that removes the listener. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process immediately. */
  exit(code: number): never;
}

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** 0: success, or nothing to do. 1: an error. 2: changes or differences were found. */
export type ExitCode = 0 | 1 | 2;

/** One run of the command line. Results go to stdout and everything else to stderr, so that a pipe receives only the result. */
export class Session {
  readonly io: Io;
  readonly colors: Colors;
  readonly errorColors: Colors;
  exitCode: ExitCode = 0;

  constructor(io: Io) {
    this.io = io;
    this.colors = colorsFor(io.stdout, io.env);
    this.errorColors = colorsFor(io.stderr, io.env);
  }

  /** Prints a line of the result. */
  print(text = ""): void {
    this.io.stdout.write(`${printableColored(text)}\n`);
  }

  /** Prints the result of a run with `--json`, which is all that goes to stdout. */
  printJson(document: unknown): void {
    this.io.stdout.write(`${printableJson(JSON.stringify(document, null, 2))}\n`);
  }

  /** Prints a message to stderr. */
  log(text = ""): void {
    this.io.stderr.write(`${printableColored(text)}\n`);
  }

  /** Whether the user can be asked for confirmation. */
  get interactive(): boolean {
    return this.io.stdin.isTTY === true && this.io.stderr.isTTY === true && !this.io.env.CI;
  }
}
