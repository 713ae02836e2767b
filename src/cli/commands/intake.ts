import { relative } from "node:path";
import type { Command } from "commander";
import type { LoadedSelection } from "../../fleet/load.ts";
import { type AppRows, readRequested } from "../../intake/app-rows.ts";
import { type IntakeResult, runIntake } from "../../intake/intake.ts";
import type { Diagnostic } from "../../manifest/diagnostic.ts";
import { todayOf } from "../../shared/today.ts";
import type { Context } from "../../vendors/connections.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption } from "../options.ts";
import { renderIntake } from "../render/intake.ts";
import type { Session } from "../session.ts";
import type { Manifests } from "./manifests.ts";
import { loadTargets, withVendors } from "./vendors.ts";

export type IntakeOptions = JsonOption & SandboxOption;

/** The output of `tenantry intake --json` and `tenantry import --json`. */
export interface IntakeDocument {
  /** True if no manifest was refused and no row was skipped. */
  readonly ok: boolean;
  readonly organizations: readonly IntakeResult[];
  /** Problems of the manifests before the run. With an error among them, nothing was written. */
  readonly problems: readonly Diagnostic[];
}

export function addIntake(program: Command, session: Session): void {
  const command = program
    .command("intake")
    .description("Add organizations and workspaces that were requested in the product to the manifests")
    .argument("[platforms...]", "Platform folders (stacks/agntdata); default: every platform in stacks/");
  addSandboxOption(addJsonOption(command)).action((targets: string[], options: IntakeOptions) =>
    intake(session, targets, options),
  );
}

async function intake(session: Session, names: readonly string[], options: IntakeOptions): Promise<void> {
  const targets = await loadTargets(session, names, "nothing was written");
  await writeManifests(session, targets, options, false, async ({ platform }, context, project) => {
    const database = await context.controlPlane(project);
    return database.read((query) => readRequested(query, platform));
  });
}

/**
 * Adds rows of the product to manifests and prints the result for each manifest.
 *
 * @param everything whether to add members, invitations, apps and cron jobs too, not only requests
 * @param read reads the rows of a platform from its control plane
 */
export async function writeManifests(
  session: Session,
  { loaded, ok, diagnostics }: Manifests,
  options: IntakeOptions,
  everything: boolean,
  read: (
    loaded: LoadedSelection,
    context: Context,
    project: { readonly organization: string; readonly name: string },
  ) => Promise<readonly AppRows[]>,
): Promise<void> {
  const organizations: IntakeResult[] = [];
  const today = todayOf(session.io.env);
  if (ok)
    await withVendors(session, loaded, options.sandbox, async (context) => {
      for (const each of loaded) {
        if (each.platformModel === undefined) continue;
        const { organization, name } = each.platformModel.project;
        const rows = await read(each, context, { organization, name });
        organizations.push(...(await runIntake(each.selection.folder, rows, { everything, today })));
      }
    });
  if (organizations.some(({ outcome, skipped }) => outcome === "refused" || skipped.length > 0))
    session.exitCode = 1;
  const shown = organizations.map((each) => ({ ...each, file: relative(session.io.cwd, each.file) }));
  const document: IntakeDocument = {
    ok: session.exitCode === 0,
    organizations: shown,
    problems: diagnostics,
  };
  if (options.json === true) session.printJson(document);
  else if (ok) session.print(renderIntake(shown, session.colors));
}
