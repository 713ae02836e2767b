import { type Command, Option } from "commander";
import { brokenResults } from "../../fleet/broken.ts";
import type { FleetStack } from "../../fleet/fleet.ts";
import { diagnosticsOf, type LoadedSelection } from "../../fleet/load.ts";
import { matrixOf, stacksIn } from "../../fleet/matrix.ts";
import { isFailure, planOf, reportOf } from "../../fleet/report.ts";
import { previewFleet, type StackResult } from "../../fleet/run.ts";
import { addFormOptions, type FormOptions, writeForms } from "../forms.ts";
import { addReadOptions, type JsonOption, type RunOptions, TARGETS, wholeNumber } from "../options.ts";
import { notEvaluatedText } from "../render/not-evaluated.ts";
import { renderPreview } from "../render/report.ts";
import { planInput, savePlan, sourcesOf } from "../saved-plan.ts";
import type { ExitCode, Session } from "../session.ts";
import { affectedTargets } from "./affected.ts";
import { loadOrReport, reportPreviousRootSecrets, withFleet } from "./fleet.ts";
import { loadManifests, printDiagnostics } from "./manifests.ts";

export function addPreview(program: Command, session: Session): void {
  const command = program
    .command("preview")
    .description("Show the changes that `up` would make, without writing anything")
    .argument("[targets...]", TARGETS);
  addFormOptions(addReadOptions(command))
    .option("--save <file>", "Save the reviewed changes as a plan, for `up --plan`")
    .option("--matrix", "Print the stacks as a matrix of jobs for CI (JSON), and preview nothing")
    .addOption(new Option("--shards <n>", "Number of jobs in the matrix").argParser(wholeNumber).default(1))
    .action((targets: string[], options: PreviewOptions) => preview(session, targets, options));
}

interface PreviewOptions extends RunOptions, FormOptions {
  /** Relative to the current folder. */
  readonly save?: string;
  readonly matrix?: boolean;
  readonly shards: number;
}

async function preview(session: Session, targets: readonly string[], options: PreviewOptions): Promise<void> {
  session.stopsUnread = true;
  if (options.matrix === true) return printMatrix(session, targets, options);
  const load = async () => {
    const affected = await affectedTargets(session, targets, options);
    if (affected.length === 0) return printResults(session, "preview", [], [], [], options);
    return loadOrReport(session, affected, (loaded) =>
      printResults(session, "preview", [], brokenResults(loaded, session.io.cwd), loaded, options),
    );
  };
  await withFleet(session, load, options, "programs", async (fleet, loaded) => {
    const { save } = options;
    const sources = save === undefined ? undefined : sourcesOf(session, loaded, options, save);
    const previews = await fleet.watch(options, (run) => previewFleet(fleet.stacks, run));
    const results = [...previews, ...brokenResults(loaded, session.io.cwd)];
    printResults(session, "preview", fleet.stacks, results, loaded, options);
    if (save !== undefined && sources !== undefined)
      savePlan(session, save, results, planInput(fleet, loaded, sources, options));
    await reportPreviousRootSecrets(session, fleet);
  });
}

/** Needs no credentials: it reads manifests only. The jobs, not this command, fail for manifests with errors. */
async function printMatrix(
  session: Session,
  targets: readonly string[],
  options: PreviewOptions,
): Promise<void> {
  const affected = await affectedTargets(session, targets, options);
  const loaded = await loadManifests(session, affected);
  // A stack with errors has a job too, which fails. With an error here, a workflow would stop before the jobs of the others.
  printDiagnostics(session, loaded, "the jobs of these stacks will fail");
  session.printJson(matrixOf(stacksIn(loaded), options.shards));
}

/** Prints what some stacks would change, writes its other forms, and sets the exit code. */
export function printResults(
  session: Session,
  command: "plan" | "preview",
  stacks: readonly FleetStack[],
  results: readonly StackResult[],
  loaded: readonly LoadedSelection[],
  options: JsonOption & FormOptions,
  notEvaluated?: readonly string[],
): undefined {
  session.exitCode = exitCodeOf(results);
  const report = () => reportOf(command, stacks, results, diagnosticsOf(loaded, session.io.cwd));
  const isJson = options.json === true;
  if (isJson) session.printJson({ ...report(), ...(notEvaluated && { notEvaluated }) });
  else session.print(renderPreview(planOf(stacks, results, "preview"), results, session.colors));
  if (notEvaluated !== undefined && notEvaluated.length > 0) {
    const colors = isJson ? session.errorColors : session.colors;
    const note = `${colors.yellow("not evaluated:")} ${notEvaluatedText(notEvaluated)}`;
    // With --json, stdout has nothing but the report.
    if (isJson) session.log(note);
    else session.print(note);
  }
  writeForms(session, options, planOf(stacks, results, "preview"), { notEvaluated });
}

function exitCodeOf(results: readonly StackResult[]): ExitCode {
  if (results.some(isFailure)) return 1;
  return results.some((result) => result.outcome === "changes") ? 2 : 0;
}
