import type { Command } from "commander";
import { databaseDefinition } from "../../../infra/database.ts";
import { controlPlaneSettings, workspaceSettings } from "../../../infra/settings.ts";
import type { LoadedSelection } from "../../fleet/load.ts";
import type { Diagnostic } from "../../manifest/diagnostic.ts";
import type { Verified } from "../../verify/verify.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption, TARGETS } from "../options.ts";
import { renderVerdict, renderVerified } from "../render/verified.ts";
import type { ExitCode, Session } from "../session.ts";
import { loadSoundTargets, withVendors } from "./vendors.ts";

interface VerifyOptions extends JsonOption, SandboxOption {
  readonly matrix?: boolean;
}

/** The output of `tenantry verify --json`. */
export interface VerifyDocument {
  /** True if every database was reached and matches what is expected. */
  readonly ok: boolean;
  readonly databases: readonly Verified[];
  /** Problems of the manifests. What has an error among them wasn't verified. */
  readonly problems: readonly Diagnostic[];
}

export function addVerify(program: Command, session: Session): void {
  const command = program
    .command("verify")
    .description(
      "Verify isolation on the live databases: test every caller against every table and function, then roll back",
    )
    .argument("[targets...]", TARGETS);
  addSandboxOption(addJsonOption(command))
    .option("--matrix", "Show the expected and the actual access of each caller")
    .action((targets: string[], options: VerifyOptions) => verify(session, targets, options));
}

async function verify(session: Session, targets: readonly string[], options: VerifyOptions): Promise<void> {
  session.stopsUnread = true;
  const { loaded, ok, diagnostics, hasWork } = await loadSoundTargets(
    session,
    targets,
    "manifests with errors were not verified",
  );
  const databases = hasWork ? await verifyAll(session, loaded, options) : [];
  if (ok) session.exitCode = exitCodeOf(databases);
  const document: VerifyDocument = { ok: session.exitCode === 0, databases, problems: diagnostics };
  if (options.json === true) session.printJson(document);
  else if (hasWork) session.print(renderVerdict(databases, session.colors));
}

/** Prints the result of each database as soon as it is known. */
function verifyAll(
  session: Session,
  loaded: readonly LoadedSelection[],
  { sandbox, json, matrix }: VerifyOptions,
): Promise<Verified[]> {
  const definitions = {
    controlPlane: databaseDefinition("control-plane"),
    workspace: databaseDefinition("workspace"),
    controlPlaneSettings,
    workspaceSettings,
  };
  const onVerified = (verified: Verified) => {
    if (json !== true) session.print(renderVerified(verified, session.colors, matrix));
  };
  return withVendors(session, loaded, sandbox, async (context) => {
    const { verifyPlatform } = await import("../../verify/verify.ts");
    const verified: Verified[] = [];
    for (const { platformModel, organizations } of loaded) {
      if (platformModel === undefined) continue;
      const options = { context, definitions, onVerified };
      verified.push(...(await verifyPlatform(platformModel, organizations, options)));
    }
    return verified;
  });
}

/** A database that couldn't be reached is an error: it is neither known to be clean nor known to differ. */
function exitCodeOf(databases: readonly Verified[]): ExitCode {
  if (databases.some(({ outcome }) => outcome === "not verified")) return 1;
  return databases.some(({ outcome }) => outcome === "differs") ? 2 : 0;
}
