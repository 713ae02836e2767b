import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { checkVersion } from "./version.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** How a command ended, and what it printed. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The Pulumi CLI of this machine. */
export class Pulumi {
  readonly #file: string;
  #checked: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Runs one command, without questions and colours.
   *
   * @param signal asks it to end as Ctrl-C does: what runs is finished and saved
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

/** The CLI's file: on PATH, else where its installer puts it, PULUMI_HOME/bin. */
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
    // Absent, or nothing that this user can run: either way it is not found here.
    return false;
  }
}

const running = new Set<ChildProcess>();

/** Nothing outlives us for long: what was interrupted before ends at once, all else finishes what it is doing. */
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
      // A group of its own: Ctrl-C on the terminal reaches only us, and the CLI hears of it once. Twice would end it hard.
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
          remedy: "Install it anew, or use --engine embedded.",
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
