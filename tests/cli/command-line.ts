import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { runCommandLine } from "../../src/cli/program.ts";
import type { ExitCode, Io } from "../../src/cli/session.ts";

export interface Ran {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

interface Surroundings {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

function runOn(
  streams: Pick<Io, "stdin" | "stdout" | "stderr">,
  args: readonly string[],
  { cwd, env = {} }: Surroundings,
): Promise<ExitCode> {
  return runCommandLine(args, {
    ...streams,
    env,
    cwd,
    onInterrupt: () => () => {},
    exit: (code) => {
      throw new Error(`the command line ended the process with ${code}`);
    },
  });
}

/** Runs a command line in this process, from the given folder and with only the given environment. */
export async function tenantry(args: readonly string[], options: Surroundings): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map(collect);
  const exitCode = await runOn({ stdin: new PassThrough().end(), stdout, stderr }, args, options);
  return { exitCode, stdout: texts[0]?.() ?? "", stderr: texts[1]?.() ?? "" };
}

/**
 * Runs a command line in this process as if at a terminal.
 *
 * @param answer receives the question, and returns the line that the person types
 */
export async function tenantryAsked(
  args: readonly string[],
  options: Surroundings,
  answer: (question: string) => string | Promise<string>,
): Promise<Ran> {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true });
  const [stdin, stdout, stderr] = [terminal(), terminal(), terminal()];
  const printed = collect(stdout);
  let written = "";
  stderr.on("data", async (chunk: Buffer) => {
    const asked = written.includes("[y/N] ");
    written += chunk.toString("utf8");
    const question = /[^\n]*\[y\/N\] /.exec(written);
    if (question !== null && !asked) stdin.write(`${await answer(question[0])}\n`);
  });
  const exitCode = await runOn({ stdin, stdout, stderr }, args, options);
  return { exitCode, stdout: printed(), stderr: written };
}

/** Creates a temporary folder with these files. */
export function folderWith(files: Readonly<Record<string, string>>): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "tenantry-cli-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** Reads a stream, as a terminal does. Returns a function for what was written until then. */
function collect(stream: PassThrough): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

export const PLATFORM = `apiVersion: tenantry/v1
kind: Platform
name: demo
currency: usd
supabase: { organization: demo, region: us-east-1, compute: micro }
plans:
  free: { price: { monthly: 0 }, entitlements: { workspaces: 2, rpm: 60, webhookEvents: 10 } }
defaultPlan: free
security: { network: { allow: [198.51.100.0/24] } }
`;

export const ORGANIZATION = `apiVersion: tenantry/v1
kind: Organization
name: acme
owner: ada@acme.example
workspaces: { production: {}, staging: {} }
`;
