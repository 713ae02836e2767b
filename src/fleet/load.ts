import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { type Loaded, loadPlatform, loadStack, type StackModel } from "../load.ts";
import { digestOfFile, type Texts } from "../manifest/neighbours.ts";
import type { Problem } from "../manifest/problem.ts";
import { ORGANIZATIONS_FOLDER } from "../manifest/read.ts";
import type { OrganizationModel, PlatformModel } from "../model/model.ts";
import { type Selection, stackNames } from "./targets.ts";

/** The manifests that a selection means, and what they say on a day. */
export interface LoadedSelection {
  readonly selection: Selection;
  /** The platform's name: its folder's. */
  readonly platform: string;
  /** The platform itself; undefined where manifests weren't read, or have errors. */
  readonly platformModel: PlatformModel | undefined;
  /** Those that were selected; not all of them when a problem is an error. */
  readonly organizations: readonly OrganizationModel[];
  /** Selected by name, without a manifest: what has left the YAML, or a slip. */
  readonly missing: readonly string[];
  /** How many manifests of organizations were read, good or bad. */
  readonly read: number;
  readonly problems: readonly Problem[];
  /** By organization, the digest of its file from before it was compared with all others. */
  readonly checked: ReadonlyMap<string, string>;
}

/**
 * Reads and resolves what was selected: of single organizations their own files and the platform's, of a whole platform
 * everything, with the rules that hold among organizations.
 *
 * @param today `2026-11-22`
 */
export async function loadSelection(selection: Selection, today: string): Promise<LoadedSelection> {
  const { folder, organizations } = selection;
  const platform = basename(folder);
  if (organizations === "all") {
    const checked = digestsOf(
      folder,
      stackNames(folder).map((stack) => stack.slice(platform.length + 1)),
    );
    const own = loadStack(dirname(folder), `${platform}.platform`, today);
    const { model, problems } = await loadPlatform(folder, today);
    const misnamed = own.problems.filter((problem) => problem.rule === "platform-name");
    return {
      selection,
      platform,
      platformModel: model?.platform,
      organizations: model?.organizations ?? [],
      missing: [],
      read: stackNames(folder).length - 1,
      problems: [...misnamed, ...problems],
      checked,
    };
  }
  const missing = organizations.filter((name) => !existsSync(manifestOf(folder, name)));
  const present = organizations.filter((name) => !missing.includes(name));
  const checked = digestsOf(folder, present);
  const texts: Texts = new Map();
  const loaded = ["platform", ...present].map((name) =>
    loadStack(dirname(folder), `${platform}.${name}`, today, { texts }),
  );
  return {
    selection,
    platform,
    platformModel: loaded[0]?.model?.platform,
    organizations: loaded.flatMap(({ model }) => model?.organization ?? []),
    missing,
    read: present.length,
    problems: distinctProblems(loaded),
    checked,
  };
}

/** A selection for what was recorded, whatever manifests say now, or whether they can be read at all. */
export function recordedSelection(selection: Selection): LoadedSelection {
  const missing = selection.organizations === "all" ? [] : selection.organizations;
  return {
    selection,
    platform: basename(selection.folder),
    platformModel: undefined,
    organizations: [],
    missing,
    read: 0,
    problems: [],
    checked: new Map(),
  };
}

export function hasErrors(loaded: readonly LoadedSelection[]): boolean {
  return loaded.some(({ problems }) => problems.some((problem) => problem.severity === "error"));
}

/** Every stack reads the platform's manifest, and says the same of it. */
function distinctProblems(loaded: readonly Loaded<StackModel>[]): Problem[] {
  const problems = loaded.flatMap((each) => each.problems);
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** From before the files are read, so that one that changes meanwhile is compared once more. */
function digestsOf(folder: string, names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    names.flatMap((name) => {
      const digest = digestOfFile(manifestOf(folder, name));
      return digest === undefined ? [] : [[name, digest] as const];
    }),
  );
}

function manifestOf(folder: string, organization: string): string {
  return join(folder, ORGANIZATIONS_FOLDER, `${organization}.yaml`);
}

/** The day of a run, one for all of it: `TENANTRY_TODAY`, or today in UTC. */
export function todayOf(env: Readonly<Record<string, string | undefined>>): string {
  const given = env.TENANTRY_TODAY;
  if (given === undefined || given === "") return new Date().toISOString().slice(0, 10);
  if (/^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given))) return given;
  throw new UserError(`TENANTRY_TODAY is ${given}, which is no date`, { remedy: "Write it as 2026-11-22." });
}
