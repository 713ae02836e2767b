import { printableColored } from "@tenantry/core/printable";
import { Command, CommanderError } from "commander";
import { packageVersion } from "../shared/package.ts";
import { refuseFormerName } from "../shared/root-secret.ts";
import { addAccess } from "./commands/access.ts";
import { addAuthorize } from "./commands/authorize.ts";
import { addCodeOwners } from "./commands/codeowners.ts";
import { addDestroy } from "./commands/destroy.ts";
import { addDomains } from "./commands/domains.ts";
import { addImport } from "./commands/import.ts";
import { addIntake } from "./commands/intake.ts";
import { addOutputs } from "./commands/outputs.ts";
import { addPlan } from "./commands/plan.ts";
import { addPlans } from "./commands/plans.ts";
import { addPreview } from "./commands/preview.ts";
import { addReload } from "./commands/reload.ts";
import { addRestore } from "./commands/restore.ts";
import { addSandbox } from "./commands/sandbox.ts";
import { addSchema } from "./commands/schema.ts";
import { addUp } from "./commands/up.ts";
import { addValidate } from "./commands/validate.ts";
import { addVerify } from "./commands/verify.ts";
import { addWebhook } from "./commands/webhook.ts";
import { errorDocument, renderError } from "./errors.ts";
import { separateSandboxFolder } from "./options.ts";
import { type ExitCode, type Io, Session } from "./session.ts";

/**
 * Runs one command line.
 *
 * @param args without the names of node and the script
 * @returns the exit code; all output has been written
 */
export async function runCommandLine(args: readonly string[], io: Io): Promise<ExitCode> {
  const session = new Session(io);
  const exitCode = await runIn(session, args);
  const lost = await session.flush();
  if (lost !== undefined) {
    session.log(`${session.errorColors.red("error:")} A part of the output was lost (${lost}).`);
    await session.flush();
  }
  session.close();
  return lost === undefined ? exitCode : 1;
}

async function runIn(session: Session, args: readonly string[]): Promise<ExitCode> {
  try {
    await buildProgram(session).parseAsync(separateSandboxFolder(args), { from: "user" });
    return session.exitCode;
  } catch (error) {
    return reportError(error, session, args.includes("--json"));
  }
}

function buildProgram(session: Session): Command {
  const program = new Command("tenantry")
    .description(
      "Tenancy as code: one YAML file per customer organization, reconciled into Supabase and Stripe.",
    )
    .version(packageVersion(), "-V, --version", "Print the version")
    .helpOption("-h, --help", "Show help")
    .helpCommand("help [command]", "Show help for a command")
    .showHelpAfterError("See tenantry --help.")
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      "after",
      "\nExit codes: 0 success or nothing to do; 1 error; 2 changes or differences found.\n" +
        "State backend and passphrase come from Pulumi's variables PULUMI_BACKEND_URL and PULUMI_CONFIG_PASSPHRASE.",
    );
  program.exitOverride().configureOutput({
    writeOut: (text) => session.io.stdout.write(printableColored(text)),
    writeErr: (text) => session.io.stderr.write(printableColored(text)),
  });
  program.hook("preAction", () => refuseFormerName(session.io.env));
  addValidate(program, session);
  addPlan(program, session);
  addPreview(program, session);
  addUp(program, session);
  addPlans(program, session);
  addCodeOwners(program, session);
  addAuthorize(program, session);
  addVerify(program, session);
  addIntake(program, session);
  addImport(program, session);
  addDestroy(program, session);
  addOutputs(program, session);
  addWebhook(program, session);
  addReload(program, session);
  addAccess(program, session);
  addDomains(program, session);
  addRestore(program, session);
  addSandbox(program, session);
  addSchema(program, session);
  return program;
}

/** Help and version are no errors, though commander reports them as such. */
function reportError(error: unknown, session: Session, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  if (json) session.printJson({ ok: false, error: errorDocument(error) });
  // Commander has already printed its own usage errors.
  else if (!(error instanceof CommanderError)) session.log(renderError(error, session.errorColors));
  return 1;
}
