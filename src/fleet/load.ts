import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { locateFile, locateInFile } from "../manifest/locate.ts";
import type { Problem } from "../manifest/problem.ts";
import {
  ORGANIZATIONS_FOLDER,
  PLATFORM_FILE,
  type PlatformFolder,
  readPlatformFolder,
} from "../manifest/read.ts";
import type { Finding } from "../model/finding.ts";
import type { Model } from "../model/model.ts";
import { resolve } from "../model/resolve.ts";
import type { Selection } from "./targets.ts";

/** A platform's manifests and what they mean today. */
export interface LoadedPlatform {
  readonly selection: Selection;
  /** Undefined when a problem is an error. Holds at least the organizations that were selected. */
  readonly model: Model | undefined;
  /** Of the files that were selected; a platform's own manifest always counts. */
  readonly problems: readonly Problem[];
  readonly counts: { readonly organizations: number; readonly workspaces: number };
}

/**
 * Reads a platform's folder and resolves it. Everything is read, also for one organization: some rules hold among all.
 * What is wrong in a manifest that was not selected is not reported, and stops nothing.
 *
 * @param today `2026-11-22`
 */
export async function loadPlatform(selection: Selection, today: string): Promise<LoadedPlatform> {
  const read = await readPlatformFolder(selection.folder);
  const isSelected = selector(selection);
  const resolved =
    read.platform === undefined ? undefined : resolve({ ...read, platform: read.platform, today });
  const problems = [
    ...read.problems.filter((problem) => isSelected(problem.place.file)),
    ...(resolved?.findings ?? []).filter((finding) => isSelected(finding.file)).map(problemOf),
    ...misnamed(selection, read),
  ];
  const failed = problems.some((problem) => problem.severity === "error");
  return {
    selection,
    model: failed ? undefined : (resolved?.model ?? resolveSelected(read, isSelected, today)),
    problems,
    counts: countManifests(read, isSelected),
  };
}

/** Selected manifests alone, when what is wrong is elsewhere. */
function resolveSelected(
  read: PlatformFolder,
  isSelected: (file: string) => boolean,
  today: string,
): Model | undefined {
  if (read.platform === undefined) return undefined;
  const organizations = read.organizations.filter(({ file }) => isSelected(file));
  return resolve({ platform: read.platform, organizations, today }).model;
}

function selector({ folder, organizations }: Selection): (file: string) => boolean {
  if (organizations === "all") return () => true;
  const files = new Set([
    folder,
    join(folder, PLATFORM_FILE),
    ...organizations.map((name) => join(folder, ORGANIZATIONS_FOLDER, `${name}.yaml`)),
  ]);
  return (file) => files.has(file);
}

function problemOf({ file, path, part, ...finding }: Finding): Problem {
  return { ...finding, ...locateInFile(file, path, part ?? "value") };
}

/** A stack's name leads to its manifests by the names of folder and file. */
function misnamed({ folder }: Selection, { platform }: PlatformFolder): Problem[] {
  if (platform === undefined || platform.manifest.name === basename(folder)) return [];
  return [
    {
      severity: "error",
      rule: "platform-named-as-its-folder",
      ...locateFile(platform.file),
      message: `the platform ${platform.manifest.name} is in a folder of another name`,
      expected: `name: ${basename(folder)}`,
      found: `name: ${platform.manifest.name}`,
      remedy: `Rename the folder to ${platform.manifest.name}; a platform's name never changes.`,
    },
  ];
}

function countManifests(read: PlatformFolder, isSelected: (file: string) => boolean) {
  const selected = read.organizations.filter(({ file }) => isSelected(file));
  const workspaces = selected.map(
    ({ manifest }) => Object.keys(manifest.workspaces ?? { personal: {} }).length,
  );
  return { organizations: selected.length, workspaces: workspaces.reduce((sum, number) => sum + number, 0) };
}

/** The day of a run, one for all of it: `TENANTRY_TODAY` or today in UTC. */
export function todayOf(env: Readonly<Record<string, string | undefined>>): string {
  const given = env.TENANTRY_TODAY;
  if (given === undefined || given === "") return new Date().toISOString().slice(0, 10);
  if (/^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given))) return given;
  throw new UserError(`TENANTRY_TODAY is ${given}, which is no date`, { remedy: "Write it as 2026-11-22." });
}
