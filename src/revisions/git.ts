import { spawn } from "node:child_process";
import { once } from "node:events";
import { UserError } from "@tenantry/core/errors";

/**
 * Git options with which a command runs no program of the repository's configuration, and reads from no remote. The work tree may
 * come from a stranger's pull request, and could contain a bare repository with a configuration of its own.
 *
 * @see https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository
 */
const SAFE = [
  "--no-pager",
  "--no-replace-objects",
  "--literal-pathspecs",
  ...["-c", "safe.bareRepository=explicit"],
  ...["-c", "core.fsmonitor=false"],
  ...["-c", "core.hooksPath=/dev/null"],
  ...["-c", "protocol.allow=never"],
];

/** Git finds its global configuration by these. Others, such as GIT_DIR, could lead to another repository. */
const PASSED_ON = ["PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"];

type Variables = Readonly<Record<string, string | undefined>>;

/** The result of a git command that ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs git's reading commands in one folder. */
export class Git {
  readonly folder: string;
  readonly #env: Record<string, string>;

  /** @param env the environment of the command line */
  constructor(folder: string, env: Variables) {
    this.folder = folder;
    const passed = PASSED_ON.flatMap((name) => {
      const value = env[name] ?? (name === "PATH" ? process.env.PATH : undefined);
      return value === undefined ? [] : [[name, value] as const];
    });
    this.#env = {
      ...Object.fromEntries(passed),
      LC_ALL: "C",
      GIT_TERMINAL_PROMPT: "0",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_LAZY_FETCH: "1",
    };
  }

  /** Git in another folder. */
  in(folder: string): Git {
    return new Git(folder, this.#env);
  }

  /** @throws UserError if git isn't installed */
  async run(args: readonly string[], input = ""): Promise<Ended> {
    const child = spawn("git", [...SAFE, ...args], { cwd: this.folder, env: this.#env });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    // A command that ends early doesn't read its input. Its exit code tells why.
    child.stdin.on("error", () => undefined).end(input);
    try {
      const [code] = (await once(child, "close")) as [number | null];
      return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString("utf8").trim() };
    } catch (cause) {
      throw new UserError(`git can't be started: ${(cause as Error).message}`, {
        remedy: "Install git, and make sure that it is on the PATH.",
        cause,
      });
    }
  }

  /** The output of a command that must succeed. */
  async read(args: readonly string[], input = ""): Promise<Buffer> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code === 0) return stdout;
    throw new UserError(`git ${args[0]} failed: ${stderr || `it ended with code ${code}`}`, {
      remedy: "Check the repository with: git fsck",
    });
  }
}

function collect(stream: NodeJS.ReadableStream): Buffer[] {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}
