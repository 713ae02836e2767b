import type { Readable, Writable } from "node:stream";
import { printableColored, printableJson } from "@tenantry/core/printable";
import type { Variables } from "../fleet/environment.ts";
import { type Colors, colorsFor } from "./render/colors.ts";

/** The world of a command line: what a process gives it, or a test. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Variables;
  readonly cwd: string;
  /** Called for each Ctrl-C (and for SIGTERM); gives back how to stop listening. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(code: number): never;
}

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** 0: nothing to do, or done. 1: an error. 2: changes or differences were found. */
export type ExitCode = 0 | 1 | 2;

/** One run of the command line. Results go to stdout, everything else to stderr, so that a pipe gets the result alone. */
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

  /** A line of the result. */
  print(text = ""): void {
    this.io.stdout.write(`${printableColored(text)}\n`);
  }

  /** The result of a run with `--json`: the only thing on stdout. */
  printJson(document: unknown): void {
    this.io.stdout.write(`${printableJson(JSON.stringify(document, null, 2))}\n`);
  }

  /** A line for the person who watches. */
  log(text = ""): void {
    this.io.stderr.write(`${printableColored(text)}\n`);
  }

  /** Whether someone can be asked. */
  get interactive(): boolean {
    return this.io.stdin.isTTY === true && this.io.stderr.isTTY === true && !this.io.env.CI;
  }
}
