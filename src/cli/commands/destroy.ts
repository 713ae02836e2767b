import { UserError } from "@tenantry/core/errors";
import type { Command } from "commander";
import { recordedSelection } from "../../fleet/load.ts";
import { isFailure, planOf, reportOf } from "../../fleet/report.ts";
import { destroyFleet } from "../../fleet/run.ts";
import { findTargets, type Selection } from "../../fleet/targets.ts";
import { count } from "../../shared/format.ts";
import { addRunOptions, TARGETS } from "../options.ts";
import { renderReport } from "../render/report.ts";
import type { Session } from "../session.ts";
import { withFleet } from "./fleet.ts";
import { confirmChanges, requireConsent, type UpOptions } from "./up.ts";

export function addDestroy(program: Command, session: Session): void {
  const command = program
    .command("destroy")
    .description("Destroy the stacks of a sandbox; destroying a platform destroys its organizations too")
    .argument("[targets...]", TARGETS);
  addRunOptions(command)
    .option("-y, --yes", "Skip the confirmation prompt")
    .action((targets: string[], options: UpOptions) => destroy(session, targets, options));
}

async function destroy(session: Session, targets: readonly string[], options: UpOptions): Promise<void> {
  if (options.sandbox === undefined) throw refusal();
  requireConsent(session, options, "destroy");
  const load = async () => findTargets(targets, session.io).map(withOrganizations).map(recordedSelection);
  await withFleet(session, load, options, "vendors", async (fleet) => {
    const question = `Destroy ${count(fleet.stacks.length, "stack")} of the sandbox?`;
    if (!(await confirmChanges(session, options, question, fleet.signal))) {
      session.exitCode = 1;
      return;
    }
    const results = await fleet.watch(options, (run) => destroyFleet(fleet.stacks, run));
    if (results.some(isFailure)) session.exitCode = 1;
    if (options.json === true) session.printJson(reportOf("destroy", fleet.stacks, results, []));
    else session.print(renderReport(planOf(fleet.stacks, results, "run"), results, session.colors));
  });
}

/** Organizations depend on their platform's control plane, so they are destroyed with it. */
function withOrganizations(selection: Selection): Selection {
  return selection.own ? { ...selection, organizations: "all" } : selection;
}

function refusal(): UserError {
  return new UserError("tenantry destroy only destroys the stacks of a sandbox", {
    remedy:
      "Add --sandbox to use the local sandbox. To delete an organization or a workspace for good, set `state: deleted` in its manifest with an entry in `consents`, then run tenantry up.",
  });
}
