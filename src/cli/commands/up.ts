import { isUserOrVendorError, UserError } from "@tenantry/core/errors";
import { type Command, Option } from "commander";
import { applyFleet, readyStacks } from "../../fleet/apply.ts";
import { brokenResults } from "../../fleet/broken.ts";
import type { FleetStack } from "../../fleet/fleet.ts";
import { diagnosticsOf, type LoadedSelection } from "../../fleet/load.ts";
import { isFailure, planOf, reportOf } from "../../fleet/report.ts";
import { clearPendingCreates, previewFleet, type StackResult } from "../../fleet/run.ts";
import type { SavedPlan } from "../../fleet/saved-plan.ts";
import { expectSameSources } from "../../fleet/sources.ts";
import type { PlatformModel } from "../../model/model.ts";
import { count } from "../../shared/format.ts";
import type { Context } from "../../vendors/connections.ts";
import { confirm } from "../confirm.ts";
import { addFormOptions, type FormOptions, writeForms } from "../forms.ts";
import { addReadOptions, type RunOptions, TARGETS } from "../options.ts";
import { renderPreview, renderReport } from "../render/report.ts";
import { expectPlanned, planInput, readPlan, sourcesOf } from "../saved-plan.ts";
import type { Session } from "../session.ts";
import { affectedTargets } from "./affected.ts";
import { loadOrReport, reportPreviousRootSecrets, type WatchedFleet, withFleet } from "./fleet.ts";

export interface UpOptions extends RunOptions, FormOptions {
  readonly yes?: boolean;
  readonly clearPendingCreates?: boolean;
  /** A file of `preview --save`, relative to the current folder. */
  readonly plan?: string;
}

export function addUp(program: Command, session: Session): void {
  const command = program
    .command("up")
    .description(
      "Preview, confirm and apply changes: each platform first, then its organizations in parallel",
    )
    .argument("[targets...]", TARGETS);
  addFormOptions(addReadOptions(command))
    .option(
      "--clear-pending-creates",
      "First refresh state and clear the pending creations of an interrupted run; resources that it created are adopted",
    )
    .option("-y, --yes", "Skip the confirmation prompt")
    .addOption(
      new Option(
        "--plan <file>",
        "Apply the changes that `preview --save` saved, or fail if they differ",
      ).conflicts(["clearPendingCreates", "since"]),
    )
    .action((targets: string[], options: UpOptions) => up(session, targets, options));
}

async function up(session: Session, targets: readonly string[], given: UpOptions): Promise<void> {
  const plan = given.plan === undefined ? undefined : readPlan(session, given.plan, targets);
  if (plan === undefined) requireConsent(session, given, "up");
  const options = plan?.refresh === true ? { ...given, refresh: true } : given;
  const names = plan?.stacks.map(({ stack }) => stack) ?? targets;
  const load = () => loadAffected(session, names, options);
  await withFleet(session, load, options, "programs", async (fleet, loaded) => {
    const results = await previewAskApply(session, fleet, loaded, options, plan);
    printReport(
      session,
      fleet.stacks,
      [...results, ...brokenResults(loaded, session.io.cwd)],
      loaded,
      options,
    );
    await reportPreviousRootSecrets(session, fleet);
  });
}

async function loadAffected(
  session: Session,
  names: readonly string[],
  options: UpOptions,
): Promise<LoadedSelection[] | undefined> {
  const affected = await affectedTargets(session, names, options);
  if (affected.length > 0)
    return loadOrReport(session, affected, (loaded) =>
      printReport(session, [], brokenResults(loaded, session.io.cwd), loaded, options),
    );
  printReport(session, [], [], [], options);
  return undefined;
}

/** Prints what happened to some stacks, and sets the exit code. */
function printReport(
  session: Session,
  stacks: readonly FleetStack[],
  results: readonly StackResult[],
  loaded: readonly LoadedSelection[],
  options: UpOptions,
): void {
  if (results.some(isFailure)) session.exitCode = 1;
  if (options.json === true)
    session.printJson(reportOf("up", stacks, results, diagnosticsOf(loaded, session.io.cwd)));
  else session.print(renderReport(planOf(stacks, results, "run"), results, session.colors));
  writeForms(session, options, planOf(stacks, results, "run"), { command: "up" });
}

/**
 * Delivers changes of access that were made in the product, because they aren't inputs of any stack. Skips platforms without
 * changed stacks, so that an `up` without changes writes nothing; `tenantry webhook` and `tenantry access` deliver those.
 */
async function deliverAccess(
  session: Session,
  { context }: WatchedFleet,
  loaded: readonly LoadedSelection[],
  ready: readonly FleetStack[],
  results: readonly StackResult[],
): Promise<void> {
  for (const { platform, platformModel } of loaded)
    if (platformModel !== undefined && hasRun(platform, ready, results))
      await deliverOf(session, context, platformModel);
}

/** Whether a stack of the platform had changes, and the platform's own stack didn't fail. */
function hasRun(platform: string, ready: readonly FleetStack[], results: readonly StackResult[]): boolean {
  const own = results.find(({ stack }) => stack === `${platform}.platform`);
  return !(own && isFailure(own)) && ready.some(({ spec }) => spec.stack.startsWith(`${platform}.`));
}

async function deliverOf(session: Session, context: Context, platform: PlatformModel): Promise<void> {
  const { deliverChanges } = await import("../../access/delivery-worker.ts");
  const { openDeliveryContextIfUp } = await import("../../access/delivery-context.ts");
  try {
    const deliveryContext = await openDeliveryContextIfUp(context, platform);
    const deliveries = deliveryContext === undefined ? [] : await deliverChanges(deliveryContext);
    for (const { workspace, outcome, reason } of deliveries)
      if (outcome === "failed") reportAccess(session, `${platform.name}/${workspace}`, reason);
  } catch (error) {
    // The report of the stacks must still be printed.
    if (!isUserOrVendorError(error)) throw error;
    reportAccess(session, platform.name, error.message);
  }
}

function reportAccess(session: Session, subject: string, reason: string | null): void {
  session.log(`Access wasn't delivered to ${subject}: ${reason}`);
  session.exitCode = 1;
}

async function previewAskApply(
  session: Session,
  fleet: WatchedFleet,
  loaded: readonly LoadedSelection[],
  options: UpOptions,
  plan: SavedPlan | undefined,
): Promise<StackResult[]> {
  const sources = () => sourcesOf(session, loaded, options, options.plan);
  const reviewed = sources();
  const previews = await lookAt(fleet, options);
  const ready = readyStacks(fleet.stacks, previews);
  const shown = [...previews, ...brokenResults(loaded, session.io.cwd)];
  const isRefused = previews.some(({ guards = [] }) => guards.some(({ verdict }) => verdict === "refused"));
  // What a guard refuses is shown too, even if nothing is left to apply.
  if (isRefused && !fleet.signal.aborted) showPreview(session, options, fleet, shown);
  if (plan !== undefined && options.plan !== undefined && !fleet.signal.aborted)
    expectPlanned(options.plan, plan, shown, planInput(fleet, loaded, reviewed, options));
  if (ready.length > 0 && !fleet.signal.aborted) {
    if (!isRefused) showPreview(session, options, fleet, shown);
    const approved = { yes: plan !== undefined || options.yes === true };
    if (
      !(await confirmChanges(
        session,
        approved,
        `Apply changes to ${count(ready.length, "stack")}?`,
        fleet.signal,
      ))
    ) {
      session.exitCode = 1;
      return previews;
    }
    expectSameSources(reviewed, sources());
  }
  const results = await fleet.watch(options, (run) => applyFleet(fleet.stacks, previews, run));
  if (!fleet.signal.aborted) await deliverAccess(session, fleet, loaded, ready, results);
  return results;
}

/** Previews the stacks. If pending creations of a stack couldn't be cleared, that failure is its result. */
async function lookAt(fleet: WatchedFleet, options: UpOptions): Promise<StackResult[]> {
  const cleared =
    options.clearPendingCreates === true
      ? await fleet.watch(options, (run) => clearPendingCreates(fleet.stacks, run))
      : [];
  const failed = cleared.filter(isFailure);
  const left = fleet.stacks.filter(({ spec }) => failed.every(({ stack }) => stack !== spec.stack));
  return [
    ...failed,
    ...(await fleet.watch(options, (run) => previewFleet(left, { ...run, forApply: true }))),
  ];
}

/** Whether the user agreed, by `--yes` or when asked. */
export async function confirmChanges(
  session: Session,
  options: { readonly yes?: boolean },
  question: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (options.yes === true) return true;
  if ((await session.flush()) !== undefined)
    throw new UserError("The changes couldn't be shown, so nothing was changed", {
      remedy: "Run the command again without a pipe that ends early, or add --yes.",
    });
  if (await confirm(session, question, signal)) return true;
  session.log("No changes were made.");
  return false;
}

function showPreview(
  session: Session,
  options: UpOptions,
  { stacks }: WatchedFleet,
  previews: readonly StackResult[],
): void {
  const colors = options.json === true ? session.errorColors : session.colors;
  show(session, options, `${renderPreview(planOf(stacks, previews, "preview"), previews, colors)}\n`);
}

/** With `--json`, only the document goes to stdout. */
function show(session: Session, options: UpOptions, text: string): void {
  if (options.json === true) session.log(text);
  else session.print(text);
}

/** Refuses to run without `--yes` where no one can be asked, such as in CI or a pipe. */
export function requireConsent(
  session: Session,
  options: { readonly yes?: boolean },
  command: string,
  remedy = `Check the changes with tenantry preview, then run tenantry ${command} --yes.`,
): void {
  if (options.yes === true || session.interactive) return;
  throw new UserError(`tenantry ${command} asks for confirmation, but there is no terminal.`, { remedy });
}
