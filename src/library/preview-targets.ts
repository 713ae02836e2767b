import { selectEngine } from "../engine/select.ts";
import { brokenResults } from "../fleet/broken.ts";
import type { Variables } from "../fleet/environment.ts";
import { canRunAny, diagnosticsOf, loadSelection } from "../fleet/load.ts";
import { openFleet } from "../fleet/open.ts";
import { type FleetReport, reportOf } from "../fleet/report.ts";
import { previewFleet } from "../fleet/run.ts";
import { findTargets } from "../fleet/targets.ts";
import { todayOf } from "../shared/today.ts";

/** Options of `preview`. Each has the meaning of the same option of `tenantry preview`. */
export interface PreviewOptions {
  /** The folder that targets and the Pulumi project are searched from. Default: the current folder. */
  readonly cwd?: string;
  /** Environment variables. Default: those of this process. */
  readonly env?: Variables;
  /** The data folder of a local Supabase and Stripe, which are started if needed. Default: the real services. */
  readonly sandbox?: string;
  /** The engine that runs the stacks. Default: the Pulumi CLI if it is installed, else the embedded engine; always that one in a sandbox. */
  readonly engine?: "embedded" | "cli";
  /** The number of stacks to run in parallel. Default 4. */
  readonly parallel?: number;
  /** Refresh the state first, to find changes that were made elsewhere. Default false. */
  readonly refresh?: boolean;
  /** Skip stacks that are up to date since their last run. Default true. */
  readonly skip?: boolean;
  /** Stops the preview: no more stacks are started. */
  readonly signal?: AbortSignal;
}

const PARALLEL = 4;

/** See `preview`, which loads this module when it is called. */
export async function previewTargets(
  targets: readonly string[],
  {
    cwd = process.cwd(),
    env = process.env,
    signal = new AbortController().signal,
    parallel = PARALLEL,
    ...options
  }: PreviewOptions,
): Promise<FleetReport> {
  const today = todayOf(env);
  const selections = findTargets(targets, { cwd, env });
  const loaded = await Promise.all(selections.map((selection) => loadSelection(selection, today)));
  const problems = diagnosticsOf(loaded, cwd);
  const broken = brokenResults(loaded, cwd);
  if (broken.length > 0 && !canRunAny(loaded)) return reportOf("preview", [], broken, problems);

  const { engine: engineName, sandbox, ...run } = options;
  const engine = await selectEngine(engineName ?? (sandbox === undefined ? undefined : "embedded"), env);
  try {
    const fleet = await openFleet(loaded, {
      ...{ cwd, env, engine, sandbox, signal, today },
      reach: "vendors",
      onStatus: () => undefined,
    });
    const { stacks, attach } = fleet;
    const results = await previewFleet(stacks, {
      ...{ ...run, engine: fleet.engine, parallel, signal },
      ...(attach === undefined ? {} : { attach }),
    }).finally(() => fleet.close());
    return reportOf("preview", stacks, [...results, ...broken], problems);
  } finally {
    await engine.close();
  }
}
