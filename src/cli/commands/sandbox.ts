import { resolve } from "node:path";
import type { Command } from "commander";
import { untilAborted, withInterrupt } from "../interrupt.ts";
import { addJsonOption, type JsonOption, SANDBOX_FOLDER } from "../options.ts";
import type { Session } from "../session.ts";

/** The output of `tenantry sandbox --json` once the sandbox runs. */
export interface SandboxDocument {
  readonly ok: true;
  readonly folder: string;
  readonly supabaseUrl: string;
  readonly stripeUrl: string;
  /** The environment variables with which other tools can use the sandbox. */
  readonly env: Readonly<Record<string, string>>;
}

export function addSandbox(program: Command, session: Session): void {
  const command = program
    .command("sandbox")
    .description("Run a local Supabase and Stripe until Ctrl-C; commands with --sandbox join it")
    .argument("[folder]", "Data folder", SANDBOX_FOLDER);
  addJsonOption(command).action((folder: string, options: JsonOption) => sandbox(session, folder, options));
}

/** The Supabase organizations of the example platforms. Commands with --sandbox add those that their manifests name. */
const EXAMPLE_ORGANIZATIONS = ["agntdata", "camelai", "demo"];

async function sandbox(session: Session, folder: string, options: JsonOption): Promise<void> {
  const { joinSandbox } = await import("../../fleet/sandbox.ts");
  const running = await joinSandbox({
    folder: resolve(session.io.cwd, folder),
    organizations: EXAMPLE_ORGANIZATIONS,
  });
  try {
    const { supabaseUrl, stripeUrl, env } = running;
    const document: SandboxDocument = { ok: true, folder: running.folder, supabaseUrl, stripeUrl, env };
    if (options.json === true) session.printJson(document);
    else printDocument(session, document);
    await withInterrupt(session, (signal) => untilAborted(signal));
  } finally {
    await running.stop();
  }
}

function printDocument(session: Session, document: SandboxDocument): void {
  session.log(
    `A local Supabase (${document.supabaseUrl}) and Stripe (${document.stripeUrl}) are running. Their data is in ${document.folder}.`,
  );
  session.log(
    "Commands with --sandbox use them, and so does any tool with these variables. Press Ctrl-C to stop.\n",
  );
  for (const [name, value] of Object.entries(document.env)) session.print(`export ${name}=${quoted(value)}`);
}

/** Quotes a value for a POSIX shell. */
function quoted(value: string): string {
  return /^[\w:/.@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
