import type { Command } from "commander";
import { databaseDefinition } from "../../../infra/database.ts";
import { unknownOrganization } from "../../fleet/assemble.ts";
import { hasErrors, type LoadedSelection, loadSelection, todayOf } from "../../fleet/load.ts";
import { findTargets } from "../../fleet/targets.ts";
import { countProblems, type Problem, renderProblem } from "../../manifest/problem.ts";
import type { Verified } from "../../verify/verify.ts";
import { withInterrupt } from "../interrupt.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption, TARGETS } from "../options.ts";
import { renderVerdict, renderVerified } from "../render/verified.ts";
import type { ExitCode, Session } from "../session.ts";
import { problemsIn } from "./validate.ts";

/** What `tenantry verify --json` prints. */
export interface VerifyDocument {
  /** Every database was reached, and is what was promised. */
  readonly ok: boolean;
  readonly databases: readonly Verified[];
  /** Of the manifests: warnings, or the errors for which nothing was verified. */
  readonly problems: readonly Problem[];
}

type VerifyOptions = JsonOption & SandboxOption;

export function addVerify(program: Command, session: Session): void {
  const command = program
    .command("verify")
    .description("prove isolation on the live databases: everybody tries everything, and nothing stays of it")
    .argument("[targets...]", TARGETS);
  addSandboxOption(addJsonOption(command)).action((targets: string[], options: VerifyOptions) =>
    verify(session, targets, options),
  );
}

async function verify(session: Session, targets: readonly string[], options: VerifyOptions): Promise<void> {
  const loaded = await load(session, targets);
  const problems = problemsIn(loaded, session.io.cwd);
  for (const problem of problems) session.say(`${renderProblem(problem)}\n`);
  if (hasErrors(loaded))
    session.say(session.errorColors.red(`${countProblems(problems)}: nothing was verified`));
  const databases = hasErrors(loaded) ? [] : await verifyAll(session, loaded, options);
  session.exitCode = hasErrors(loaded) ? 1 : exitCodeOf(databases);
  const document: VerifyDocument = { ok: session.exitCode === 0, databases, problems };
  if (options.json === true) session.printJson(document);
  else if (databases.length > 0) session.print(renderVerdict(databases, session.colors));
}

async function load(session: Session, targets: readonly string[]): Promise<LoadedSelection[]> {
  const today = todayOf(session.io.env);
  const loaded: LoadedSelection[] = [];
  for (const selection of findTargets(targets, session.io))
    loaded.push(await loadSelection(selection, today));
  for (const each of loaded) for (const name of each.missing) throw unknownOrganization(each, name);
  return loaded;
}

/** Prints each database as soon as it is known. */
function verifyAll(
  session: Session,
  loaded: readonly LoadedSelection[],
  { sandbox, json }: VerifyOptions,
): Promise<Verified[]> {
  return withInterrupt(session, async (signal) => {
    // Clients and sandbox take their time to load.
    const { openVendors } = await import("../../fleet/vendors.ts");
    const { verifyPlatform } = await import("../../verify/verify.ts");
    const { cwd, env } = session.io;
    const onStatus = (message: string) => session.say(message);
    const { context, close } = await openVendors(loaded, { cwd, env, sandbox, signal, onStatus });
    const definitions = {
      controlPlane: databaseDefinition("control-plane"),
      workspace: databaseDefinition("workspace"),
    };
    const onVerified = (verified: Verified) => {
      if (json !== true) session.print(renderVerified(verified, session.colors));
    };
    try {
      const verified: Verified[] = [];
      for (const { platformModel, organizations } of loaded) {
        if (platformModel === undefined) continue;
        const options = { context, definitions, onVerified };
        verified.push(...(await verifyPlatform(platformModel, organizations, options)));
      }
      return verified;
    } finally {
      await close();
    }
  });
}

/** What couldn't be reached isn't clean, and isn't known to differ either. */
function exitCodeOf(databases: readonly Verified[]): ExitCode {
  if (databases.some(({ outcome }) => outcome === "not verified")) return 1;
  return databases.some(({ outcome }) => outcome === "differs") ? 2 : 0;
}
