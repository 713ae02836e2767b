import type { Command } from "commander";
import { diagnosticsOf } from "../../fleet/load.ts";
import { isFailure, planOf, reportOf } from "../../fleet/report.ts";
import { previewFleet, type StackResult } from "../../fleet/run.ts";
import { findTargets } from "../../fleet/targets.ts";
import { addFormOptions, type FormOptions, writeForms } from "../forms.ts";
import { addReadOptions, type RunOptions, TARGETS } from "../options.ts";
import { renderPreview } from "../render/report.ts";
import { planInput, savePlan, sourcesOf } from "../saved-plan.ts";
import type { ExitCode, Session } from "../session.ts";
import { loadOrReport, reportPreviousRootSecrets, withFleet } from "./fleet.ts";

export function addPreview(program: Command, session: Session): void {
  const command = program
    .command("preview")
    .description("Show the changes that `up` would make, without writing anything")
    .argument("[targets...]", TARGETS);
  addFormOptions(addReadOptions(command))
    .option("--save <file>", "Save the reviewed changes as a plan, for `up --plan`")
    .action((targets: string[], options: PreviewOptions) => preview(session, targets, options));
}

interface PreviewOptions extends RunOptions, FormOptions {
  /** Relative to the current folder. */
  readonly save?: string;
}

async function preview(session: Session, targets: readonly string[], options: PreviewOptions): Promise<void> {
  const load = () => loadOrReport(session, findTargets(targets, session.io), "preview", options);
  await withFleet(session, load, options, "programs", async (fleet, loaded) => {
    const { save } = options;
    const sources = save === undefined ? undefined : sourcesOf(session, loaded, options, save);
    const results = await fleet.watch(options, (run) => previewFleet(fleet.stacks, run));
    session.exitCode = exitCodeOf(results);
    if (options.json === true)
      session.printJson(reportOf("preview", fleet.stacks, results, diagnosticsOf(loaded, session.io.cwd)));
    else session.print(renderPreview(planOf(fleet.stacks, results), results, session.colors));
    writeForms(session, options, planOf(fleet.stacks, results));
    if (save !== undefined && sources !== undefined)
      savePlan(session, save, results, planInput(fleet, loaded, sources, options));
    await reportPreviousRootSecrets(session, fleet);
  });
}

function exitCodeOf(results: readonly StackResult[]): ExitCode {
  if (results.some(isFailure)) return 1;
  return results.some((result) => result.outcome === "changes") ? 2 : 0;
}
