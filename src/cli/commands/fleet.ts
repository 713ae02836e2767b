import type { Engine } from "@tenantry/embedded-engine/interface";
import { selectEngine } from "../../engine/select.ts";
import { brokenStacks } from "../../fleet/broken.ts";
import { canRunAny, type LoadedSelection, withErrors } from "../../fleet/load.ts";
import type { OpenFleet, OpenOptions } from "../../fleet/open.ts";
import { stacksOnPreviousRootSecrets } from "../../fleet/previous-root-secrets.ts";
import { projectFolder } from "../../fleet/project.ts";
import type { FleetOptions, StackResult } from "../../fleet/run.ts";
import type { Selection } from "../../fleet/targets.ts";
import type { Diagnostic } from "../../manifest/diagnostic.ts";
import { listNames } from "../../shared/list-names.ts";
import { todayOf } from "../../shared/today.ts";
import { withInterrupt } from "../interrupt.ts";
import type { EngineOptions, RunOptions } from "../options.ts";
import { policyPacksOf } from "../policy-packs.ts";
import { type Progress, watch } from "../progress.ts";
import type { Session } from "../session.ts";
import { loadManifests, reportDiagnostics } from "./manifests.ts";

/**
 * Reads the selected manifests and prints every problem. Stacks with errors are left out of the run.
 *
 * @param reportOnly prints the result if no stack can run. Then it returns undefined
 * @param check finds further problems of the manifests
 */
export async function loadOrReport(
  session: Session,
  selections: readonly Selection[],
  reportOnly: (loaded: readonly LoadedSelection[]) => void,
  check: (loaded: readonly LoadedSelection[]) => Promise<readonly Diagnostic[]> = async () => [],
): Promise<LoadedSelection[] | undefined> {
  const manifests = await loadManifests(session, selections);
  const loaded = withErrors(manifests, await check(manifests));
  const isAny = canRunAny(loaded) || brokenStacks(loaded).length === 0;
  const left = isAny ? `not run: ${listSome(brokenStacks(loaded))}` : "nothing was run";
  reportDiagnostics(session, loaded, left);
  if (isAny) return loaded;
  reportOnly(loaded);
  return undefined;
}

const MOST_NAMED = 5;

function listSome(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return more <= 0 ? listNames(names) : `${names.slice(0, MOST_NAMED).join(", ")} and ${more} more`;
}

/** An open fleet whose runs show their progress. */
export interface WatchedFleet extends OpenFleet {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Runs stacks and shows the progress. */
  watch(options: RunOptions, run: (options: FleetOptions) => Promise<StackResult[]>): Promise<StackResult[]>;
}

/** How a command uses its fleet: to run programs, to call vendors, or only to read recorded state. */
type Use = "programs" | "vendors" | "state";

/**
 * Opens a fleet, runs the work and always closes the fleet.
 *
 * @param load loads the manifests; undefined when they have errors that were printed, so that the work is skipped
 */
export function withFleet(
  session: Session,
  load: () => Promise<LoadedSelection[] | undefined>,
  options: EngineOptions,
  use: Use,
  work: (fleet: WatchedFleet, loaded: readonly LoadedSelection[]) => Promise<void>,
): Promise<void> {
  return withInterrupt(session, async (signal) => {
    const starting = startEngine(session, options, use === "programs");
    try {
      const loaded = await load();
      if (loaded === undefined) return;
      const engine = await starting;
      const { sandbox } = options;
      const reach = use === "state" ? "state" : "vendors";
      const fleet = await openWatched(session, loaded, { engine, sandbox, reach, signal });
      await work(fleet, loaded).finally(() => fleet.close());
    } finally {
      // A failure to start the engine was thrown above.
      await starting.then(
        (engine) => engine.close(),
        () => undefined,
      );
    }
  });
}

async function openWatched(
  session: Session,
  loaded: readonly LoadedSelection[],
  options: Pick<OpenOptions, "engine" | "sandbox" | "reach" | "signal">,
): Promise<WatchedFleet> {
  // The module loads slowly, and many runs end before they need it.
  const { openFleet } = await import("../../fleet/open.ts");
  const { cwd, env } = session.io;
  const { signal } = options;
  let progress: Progress | undefined;
  const onStatus = (stack: string, message: string) => progress?.status(stack, message);
  const fleet = await openFleet(loaded, { ...options, cwd, env, today: todayOf(env), onStatus });
  const watchRun: WatchedFleet["watch"] = (runOptions, run) => {
    progress = watch(session, fleet.stacks.length);
    return run(fleetOptions(session, fleet, runOptions, signal, progress)).finally(() => progress?.stop());
  };
  return { ...fleet, signal, watch: watchRun };
}

/** If previous root secrets are set, prints whether they are still needed. */
export async function reportPreviousRootSecrets(
  session: Session,
  { engine, stacks }: OpenFleet,
): Promise<void> {
  const found = await stacksOnPreviousRootSecrets(engine, stacks, session.io.env);
  if (found === undefined) return;
  if (found.length === 0) session.log("None of these stacks depends on a previous root secret.");
  else
    session.log(
      `warning: These stacks still depend on a previous root secret: ${found.join(", ")}. Keep TENANTRY_ROOT_SECRET_PREVIOUS until tenantry up has changed them.`,
    );
}

/** Starts the engine while the manifests are read. */
function startEngine(
  { io: { cwd, env } }: Session,
  { engine, sandbox }: EngineOptions,
  runsPrograms: boolean,
): Promise<Engine> {
  // A sandbox must work offline, and the CLI would have to download its plugins first.
  const name = engine ?? (sandbox === undefined ? undefined : "embedded");
  const starting = selectEngine(name, env, runsPrograms ? projectFolder(cwd) : undefined);
  starting.catch(() => undefined);
  return starting;
}

function fleetOptions(
  session: Session,
  fleet: OpenFleet,
  { parallel, refresh, skip, ...options }: RunOptions,
  signal: AbortSignal,
  observer: Progress,
): FleetOptions {
  return {
    engine: fleet.engine,
    parallel,
    signal,
    observer,
    policyPacks: policyPacksOf(options, session.io.cwd),
    ...(refresh === undefined ? {} : { refresh }),
    ...(skip === undefined ? {} : { skip }),
    ...(fleet.attach === undefined ? {} : { attach: fleet.attach }),
    ...(fleet.ask === undefined ? {} : { ask: fleet.ask }),
  };
}
