import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { isRecord } from "./is-record.ts";

/**
 * A process, in a form that no other process shares. A process id alone isn't unique: it is reused, and each container counts
 * its own.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** The boot of the machine. */
  readonly boot: string;
  /** The PID namespace, as Linux names it; empty on macOS, which has none. */
  readonly pidNamespace: string;
  /** The time when the process started, as the system writes it. */
  readonly started: string;
}

/** Parses what `ownIdentity` returned, for example from a lock's file. Undefined for anything else. */
export function identityIn(value: unknown): ProcessIdentity | undefined {
  if (!isRecord(value)) return undefined;
  const { pid, boot, pidNamespace, started } = value;
  if (typeof pid !== "number" || !Number.isInteger(pid)) return undefined;
  if (typeof boot !== "string" || typeof pidNamespace !== "string" || typeof started !== "string")
    return undefined;
  return { pid, boot, pidNamespace, started };
}

/** A short name for the machine's boot and the namespace in which a process id has a meaning; `unknown` without one. */
export function nameOfPlace(): string {
  const place = placeOfProcesses();
  if (place === undefined) return "unknown";
  return createHash("sha256").update(`${place.boot} ${place.pidNamespace}`).digest("hex").slice(0, 8);
}

/** Undefined when the system doesn't tell enough, for example without `/proc`. */
export function ownIdentity(): ProcessIdentity | undefined {
  const place = placeOfProcesses();
  const started = place && startOf(process.pid);
  return place && typeof started === "string" ? { pid: process.pid, ...place, started } : undefined;
}

/** Whether the process has certainly ended. False when this process can't see it, as from another container. */
export function hasEnded({ pid, boot, pidNamespace, started }: ProcessIdentity): boolean {
  const here = placeOfProcesses();
  if (here?.boot !== boot || here.pidNamespace !== pidNamespace) return false;
  const found = startOf(pid);
  return found === null || (found !== undefined && found !== started);
}

/** What has to be equal for a process id to mean the same process. */
function placeOfProcesses(): Pick<ProcessIdentity, "boot" | "pidNamespace"> | undefined {
  try {
    if (process.platform === "linux")
      return {
        boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
        pidNamespace: readlinkSync("/proc/self/ns/pid"),
      };
    if (process.platform === "darwin")
      return { boot: output("sysctl", "-n", "kern.bootsessionuuid"), pidNamespace: "" };
  } catch {
    // A sandbox may hide /proc or the commands. Then nothing is certain.
  }
  return undefined;
}

/** Null when there is no such process; undefined when that can't be told. */
function startOf(pid: number): string | null | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return null;
  }
  try {
    if (process.platform === "darwin") return output("ps", "-o", "lstart=", "-p", String(pid));
    // The 22nd field; the 2nd, the command, may contain spaces and parentheses. See proc_pid_stat(5).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** In one locale and time zone, so that the start of a process reads the same for everybody. */
function output(command: string, ...args: string[]): string {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  return execFileSync(command, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "ignore"] }).trim();
}
