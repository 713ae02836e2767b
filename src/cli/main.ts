import { fstatSync } from "node:fs";
import { runCommandLine } from "./program.ts";
import type { Io } from "./session.ts";

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isOneOutput: isSameFile(process.stdout.fd, process.stderr.fd),
  env: process.env,
  cwd: process.cwd(),
  onInterrupt(listener) {
    process.on("SIGINT", listener);
    process.on("SIGTERM", listener);
    return () => {
      process.off("SIGINT", listener);
      process.off("SIGTERM", listener);
    };
  },
  exit: (code) => process.exit(code),
};

process.exitCode = await runCommandLine(process.argv.slice(2), io);
// The session reports what couldn't be written. A late error must not end the process with another exit code.
for (const output of [process.stdout, process.stderr]) output.on("error", () => undefined);

function isSameFile(one: number, other: number): boolean {
  const [a, b] = [one, other].map((descriptor) => fstatSync(descriptor));
  return a?.ino === b?.ino && a?.dev === b?.dev;
}
