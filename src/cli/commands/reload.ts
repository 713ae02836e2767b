import { isUserOrVendorError } from "@tenantry/core/errors";
import type { Command } from "commander";
import type { BillingContext } from "../../billing/billing-context.ts";
import type { BillingJobReport } from "../../billing/billing-job.ts";
import type { ProcessedReload } from "../../billing/reloads/process-reloads.ts";
import type { PlatformModel } from "../../model/model.ts";
import { count } from "../../shared/format.ts";
import { renderError } from "../errors.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { type OpenPlatforms, withPlatforms } from "./platforms.ts";

/** The output of `tenantry reload --json`. */
export interface ReloadDocument {
  /** True if nothing failed and no platform's manifest has errors. A payment that the card's bank declined is no failure. */
  readonly ok: boolean;
  readonly platforms: readonly BillingJobReport[];
}

interface ReloadOptions extends JsonOption, SandboxOption {}

export function addReload(program: Command, session: Session): void {
  const command = program
    .command("reload")
    .description(
      "Process billing once: pay open wallet reloads, post due plan credits, record refunds; schedule it every few minutes",
    )
    .argument("[targets...]", TARGETS);
  addSandboxOption(addJsonOption(command)).action((targets: string[], options: ReloadOptions) =>
    reload(session, targets, options),
  );
}

async function reload(session: Session, targets: readonly string[], options: ReloadOptions): Promise<void> {
  await withPlatforms(session, targets, options.sandbox, async (open, signal) => {
    const platforms: BillingJobReport[] = [];
    for (const each of open.platforms) platforms.push(await billingJobOf(session, open, each, signal));
    const ok = platforms.every(
      ({ failures, reloads }) =>
        failures.length === 0 && reloads.every(({ outcome }) => outcome !== "failed"),
    );
    if (!ok) session.exitCode = 1;
    if (options.json === true) session.printJson({ ok, platforms } satisfies ReloadDocument);
    else for (const report of platforms) printReport(session, report);
  });
}

/** Runs a platform's job. One that isn't up, or can't be reached, doesn't stop the others. */
async function billingJobOf(
  session: Session,
  { context }: OpenPlatforms,
  platform: PlatformModel,
  signal: AbortSignal,
): Promise<BillingJobReport> {
  const { nothingDone, runBillingJob } = await import("../../billing/billing-job.ts");
  const { openBillingContext } = await import("../../billing/billing-context.ts");
  let billing: BillingContext;
  try {
    billing = await openBillingContext(context, platform);
  } catch (error) {
    if (!isUserOrVendorError(error)) throw error;
    session.log(renderError(error, session.errorColors));
    return nothingDone(platform.name, [{ organization: null, part: "control plane", reason: error.message }]);
  }
  return runBillingJob(billing, signal);
}

function printReport(session: Session, report: BillingJobReport): void {
  const { colors } = session;
  const paid = report.reloads.filter(({ outcome }) => outcome === "paid").length;
  const parts = [
    `${paid} of ${count(report.reloads.length, "request")} paid`,
    `${count(report.granted, "credit")} of plans posted`,
    `${report.expired} lapsed`,
    ...(report.resumed === 0
      ? []
      : [`${count(report.resumed, "wallet")} resumed with another payment method`]),
    ...(report.reversals === 0 ? [] : [`${count(report.reversals, "payment")} refunded or disputed`]),
    ...(report.settledCredits === 0 ? [] : [`${report.settledCredits} owed credits collected`]),
  ];
  const isOpen = report.failures.every(({ part }) => part !== "control plane");
  session.print(`${colors.bold(report.platform)}: ${isOpen ? parts.join(", ") : "nothing was done"}`);
  for (const { organization, part, reason } of report.failures)
    session.print(`  ${organization ?? report.platform}: ${part} failed (${reason})`);
  for (const each of report.reloads) session.print(`  ${lineOf(each)}`);
}

function lineOf({ organization, wallet, amount, outcome, reason, message, remedy }: ProcessedReload): string {
  const what = `${organization} ${wallet} +${amount}`;
  const why = reason === null ? "" : ` (${[reason, ...(message === null ? [] : [message])].join(": ")})`;
  const next = remedy === null ? "" : `; paused until resumed: ${remedy}`;
  return `${what}: ${outcome === "open" ? "being processed" : outcome}${why}${next}`;
}
