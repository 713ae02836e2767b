import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** The cost of one run of a command. */
export interface Measured {
  readonly seconds: number;
  /** The peak memory. */
  readonly mebibytes: number;
}

/** Makes a git repository of a folder, with one path of it committed to `main`. */
export async function commitAll(folder: string, path: string): Promise<void> {
  const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@acme.example"];
  for (const args of [
    ["init", "--quiet", "--initial-branch=main"],
    ["add", path],
    ["commit", "--quiet", "--message", "Manifests"],
  ])
    await measured("git", [...identity, ...args], {}, folder);
}

/** Runs a command and measures its duration and its peak memory. */
export function measured(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  expected: readonly number[] = [0],
): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let mebibytes = 0;
    const watch = setInterval(() => {
      mebibytes = Math.max(mebibytes, residentMebibytes(child.pid));
    }, 50);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(watch);
      const seconds = (performance.now() - begin) / 1000;
      if (code !== null && expected.includes(code)) resolve({ seconds, mebibytes });
      else reject(new Error(`${file} ${args.join(" ")} ended with ${code}:\n${output}`));
    });
  });
}

/** The peak memory of the process so far; 0 if the system doesn't provide it. */
function residentMebibytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // The process has just ended, or the system isn't Linux.
    return 0;
  }
}
