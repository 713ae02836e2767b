import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { runCommandLine } from "../../src/cli/program.ts";
import type { ExitCode } from "../../src/cli/session.ts";

export interface Ran {
  readonly exitCode: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, from the given folder and with only the given environment. */
export async function tenantry(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exitCode = await runCommandLine(args, {
    stdin: new PassThrough().end(),
    stdout,
    stderr,
    env: options.env ?? {},
    cwd: options.cwd,
    onInterrupt: () => () => {},
    exit: (code) => {
      throw new Error(`the command line ended the process with ${code}`);
    },
  });
  return { exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
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

function textOf(stream: PassThrough): string {
  return (stream.read() as Buffer | null)?.toString("utf8") ?? "";
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
