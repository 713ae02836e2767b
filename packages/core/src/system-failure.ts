import { isRecord } from "./is-record.ts";

/** What a person can do about a failure of the operating system. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the disk, then run the command again: a run continues where the last one stopped.",
  EDQUOT: "Free space within your disk quota, then run the command again.",
  EROFS: "Choose a folder on a file system that can be written to.",
  EACCES: "Correct the permissions of the file or folder, or choose another one.",
  EMFILE: "Raise the limit of open files (ulimit -n), or run fewer stacks at once with --parallel.",
  ENFILE: "The system has too many open files: close other programs, then run the command again.",
};

/** A failure of the operating system that isn't a defect of the program, such as a full disk. */
export interface SystemFailure {
  readonly message: string;
  readonly remedy: string;
}

/** The failure in an error or in one of its causes; undefined if there is none. */
export function systemFailure(error: unknown): SystemFailure | undefined {
  if (!isRecord(error) && !(error instanceof Error)) return undefined;
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  const remedy = typeof code === "string" ? REMEDIES[code] : undefined;
  if (remedy !== undefined) return { message: String(message), remedy };
  return cause === undefined || cause === error ? undefined : systemFailure(cause);
}
