import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { checkVersion } from "./version.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The exit code and output of a command. */
export interface Ended {
  /** Null if a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The installed Pulumi CLI. */
export class Pulumi {
  readonly #file: string;
  #checked: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Runs one command, non-interactively and without colors.
   *
   * @param options.signal interrupts the CLI like Ctrl-C: running operations are finished and saved
   * @throws UserError when the CLI is too old
   */
  async run(
    args: readonly string[],
    options: { readonly cwd: string; readonly env: Variables; readonly signal?: AbortSignal | undefined },
  ): Promise<Ended> {
    this.#checked ??= this.#check();
    await this.#checked;
    return start(this.#file, [...args, "--non-interactive", "--color", "never"], options);
  }

  async #check(): Promise<void> {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const { stdout } = await start(this.#file, ["version"], { cwd: process.cwd(), env });
    checkVersion(stdout, this.#file);
  }
}

/** Finds the CLI on PATH, then in PULUMI_HOME/bin, where its installer puts it. */
export async function findPulumi(env: Variables): Promise<string | undefined> {
  const home = env.PULUMI_HOME || join(env.HOME || homedir(), ".pulumi");
  const folders = [...(env.PATH ?? "").split(delimiter).filter(Boolean), join(home, "bin")];
  for (const folder of folders) {
    const file = join(folder, "pulumi");
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // The file is missing, or this user can't run it.
    return false;
  }
}

const running = new Set<ChildProcess>();

/** Interrupts the running CLIs when this process exits. For those that were interrupted before, the second signal is a hard stop. */
function interruptAll(): void {
  for (const child of running) child.kill("SIGINT");
}

function start(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Variables; readonly signal?: AbortSignal | undefined },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      // In a separate process group, the CLI doesn't get the terminal's Ctrl-C. With ours it would get two, and stop hard.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const interrupt = () => void child.kill("SIGINT");
    const texts = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      texts.stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      texts.stderr += chunk;
    });
    options.signal?.addEventListener("abort", interrupt, { once: true });
    if (running.size === 0) process.on("exit", interruptAll);
    running.add(child);
    const forget = () => {
      options.signal?.removeEventListener("abort", interrupt);
      running.delete(child);
      if (running.size === 0) process.off("exit", interruptAll);
    };
    child.once("error", (cause: NodeJS.ErrnoException) => {
      forget();
      reject(
        new UserError(`The Pulumi CLI ${file} can't be started: ${cause.message}`, {
          remedy: "Reinstall it, or use --engine embedded.",
          cause,
        }),
      );
    });
    child.once("close", (code) => {
      forget();
      resolve({ code, ...texts });
    });
    if (options.signal?.aborted) interrupt();
  });
}
