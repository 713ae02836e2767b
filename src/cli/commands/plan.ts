import { quickStart } from "@tenantry/embedded-engine/node-options";
import type { Command } from "commander";
import { brokenResults } from "../../fleet/broken.ts";
import type { LoadedSelection } from "../../fleet/load.ts";
import { changedSince, narrowed } from "../../fleet/since.ts";
import { findTargets } from "../../fleet/targets.ts";
import { renamesSince } from "../../offline/renames.ts";
import { todayOf } from "../../shared/today.ts";
import { addFormOptions, type FormOptions } from "../forms.ts";
import { withInterrupt } from "../interrupt.ts";
import { addJsonOption, type JsonOption, SINCE, TARGETS } from "../options.ts";
import type { Session } from "../session.ts";
import { loadOrReport } from "./fleet.ts";
import { printResults } from "./preview.ts";

export function addPlan(program: Command, session: Session): void {
  const command = program
    .command("plan")
    .description("Show what the change of the manifests since a revision does, without any credentials")
    .argument("[targets...]", TARGETS)
    .requiredOption("--since <ref>", SINCE);
  addFormOptions(addJsonOption(command)).action((targets: string[], options: PlanOptions) => {
    session.stopsUnread = true;
    return withInterrupt(session, (signal) => plan(session, targets, options, signal));
  });
}

interface PlanOptions extends JsonOption, FormOptions {
  readonly since: string;
}

async function plan(
  session: Session,
  targets: readonly string[],
  options: PlanOptions,
  signal: AbortSignal,
): Promise<void> {
  const { io } = session;
  const selections = findTargets(targets, io);
  const since = await changedSince(options.since, selections, io, targets.length === 0);
  const affected = selections.flatMap((selection) => narrowed(selection, since) ?? []);
  const broken = (loaded: readonly LoadedSelection[]) => brokenResults(loaded, io.cwd);
  const loaded = await loadOrReport(
    session,
    affected,
    (each) => printResults(session, "plan", [], broken(each), each, options, since.code),
    (manifests) => renamesSince(manifests, since, todayOf(io.env)),
  );
  if (loaded === undefined) return;
  // The module loads the Pulumi SDK, which takes time, and many changes don't concern a manifest.
  await quickStart();
  const { planChanges } = await import("../../offline/plan.ts");
  const { stacks, results } = await planChanges(loaded, since, { today: todayOf(io.env), signal });
  printResults(session, "plan", stacks, [...results, ...broken(loaded)], loaded, options, since.code);
}
