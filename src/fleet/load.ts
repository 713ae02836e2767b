import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Diagnostic, isError } from "../manifest/diagnostic.ts";
import { digestOfFile, type Texts } from "../manifest/neighbours.ts";
import { ORGANIZATIONS_FOLDER, organizationOfFile, strayEntries } from "../manifest/read.ts";
import type { OrganizationModel, PlatformModel } from "../model/model.ts";
import { type Loaded, loadSoundParts, loadStack, type StackModel } from "../repository/load.ts";
import { type Selection, stackNames } from "./targets.ts";

/** The manifests of a selection, resolved for one day. */
export interface LoadedSelection {
  readonly selection: Selection;
  /** The platform's name: its folder's. */
  readonly platform: string;
  /** The platform; undefined when its manifest wasn't read or has errors. */
  readonly platformModel: PlatformModel | undefined;
  /** The selected organizations without errors; empty if the platform's manifest has errors. */
  readonly organizations: readonly OrganizationModel[];
  /** The errors of the stacks that can't run because of them, by `platform` or the organization's name. */
  readonly broken: Broken;
  /** Names that were selected but have no manifest: removed from the YAML, or misspelled. */
  readonly missing: readonly string[];
  /** The number of organization manifests that were read, valid or not. */
  readonly read: number;
  readonly diagnostics: readonly Diagnostic[];
  /** By organization, the digest of its file, taken before the file was compared with all others. */
  readonly checked: ReadonlyMap<string, string>;
}

type Broken = ReadonlyMap<string, readonly Diagnostic[]>;

/** The key of a platform's own stack in `Broken`, and the last part of its name. */
export const OWN_STACK = "platform";

/**
 * Reads and resolves a selection. For single organizations it reads their files and the platform's; for a whole platform it
 * reads every file and checks the rules across organizations.
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
    const parts = await loadSoundParts(folder, today);
    const misnamed = own.diagnostics.filter((diagnostic) => diagnostic.rule === "platform-name");
    return withoutBroken({
      selection,
      platform,
      platformModel: parts.platform,
      organizations: parts.organizations,
      missing: [],
      read: stackNames(folder).length - 1,
      diagnostics: [...misnamed, ...parts.diagnostics],
      checked,
    });
  }
  const missing = organizations.filter((name) => !existsSync(manifestOf(folder, name)));
  const present = organizations.filter((name) => !missing.includes(name));
  const checked = digestsOf(folder, present);
  const texts: Texts = new Map();
  const loaded = [OWN_STACK, ...present].map((name) =>
    loadStack(dirname(folder), `${platform}.${name}`, today, { texts }),
  );
  return withoutBroken({
    selection,
    platform,
    platformModel: loaded[0]?.model?.platform,
    organizations: loaded.flatMap(({ model }) => model?.organization ?? []),
    missing,
    read: present.length,
    diagnostics: [...(await straysOf(selection, missing)), ...distinct(loaded)],
    checked,
  });
}

/**
 * Reads the manifest of a selection's platform, and nothing else: for commands that find organizations in the control plane.
 *
 * @param today `2026-11-22`
 */
export function loadPlatformOnly(selection: Selection, today: string): LoadedSelection {
  const { folder } = selection;
  const platform = basename(folder);
  const { model, diagnostics } = loadStack(dirname(folder), `${platform}.${OWN_STACK}`, today);
  return withoutBroken({
    ...recordedSelection({ folder, own: true, organizations: [] }),
    platformModel: model?.platform,
    diagnostics,
  });
}

/**
 * What isn't read in the platform's folder and concerns the selection. A manifest that was renamed to something that isn't read would
 * look like a removed one.
 */
async function straysOf(
  { folder, own, removed }: Selection,
  missing: readonly string[],
): Promise<Diagnostic[]> {
  const concernsPlatform = own || removed !== undefined;
  if (!concernsPlatform && missing.length === 0) return [];
  return (await strayEntries(folder)).filter(({ file }) => {
    const organization = organizationOfFile(folder, file);
    return organization === undefined ? concernsPlatform : missing.includes(organization);
  });
}

/** Leaves out what has errors: an organization, or the platform with all of its organizations. */
function withoutBroken(loaded: Omit<LoadedSelection, "broken">): LoadedSelection {
  const { selection, diagnostics, organizations, missing } = loaded;
  const broken = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics.filter(isError)) {
    const part = organizationOfFile(selection.folder, diagnostic.file) ?? OWN_STACK;
    broken.set(part, [...(broken.get(part) ?? []), diagnostic]);
  }
  if (broken.has(OWN_STACK)) return { ...loaded, platformModel: undefined, organizations: [], broken };
  const isSound = (name: string) => !broken.has(name);
  return {
    ...loaded,
    organizations: organizations.filter(({ name }) => isSound(name)),
    missing: missing.filter(isSound),
    broken,
  };
}

/** Leaves out organizations in which an error was found after their manifests were read. */
export function withErrors(
  loaded: readonly LoadedSelection[],
  found: readonly Diagnostic[],
): LoadedSelection[] {
  return loaded.map((each) => {
    const own = found.filter(({ file }) => organizationOfFile(each.selection.folder, file) !== undefined);
    return own.length === 0 ? each : withoutBroken({ ...each, diagnostics: [...each.diagnostics, ...own] });
  });
}

/** Whether any stack of the selections can run. */
export function canRunAny(loaded: readonly LoadedSelection[]): boolean {
  return loaded.some(
    ({ platformModel, organizations, missing, selection }) =>
      platformModel !== undefined &&
      (selection.own || selection.organizations === "all" || organizations.length + missing.length > 0),
  );
}

/** A selection of recorded stacks that doesn't read manifests. */
export function recordedSelection(selection: Selection): LoadedSelection {
  const missing = selection.organizations === "all" ? [] : selection.organizations;
  return {
    selection,
    platform: basename(selection.folder),
    platformModel: undefined,
    organizations: [],
    missing,
    read: 0,
    diagnostics: [],
    broken: new Map(),
    checked: new Map(),
  };
}

export function hasErrors(loaded: readonly LoadedSelection[]): boolean {
  return loaded.some(({ diagnostics }) => diagnostics.some(isError));
}

/** All problems, with paths relative to the current folder. */
export function diagnosticsOf(loaded: readonly LoadedSelection[], cwd: string): Diagnostic[] {
  return loaded.flatMap(({ diagnostics }) => diagnostics).map((diagnostic) => diagnostic.relativeTo(cwd));
}

/** Removes the duplicates that arise because every stack reads the platform's manifest. */
function distinct(loaded: readonly Loaded<StackModel>[]): Diagnostic[] {
  const diagnostics = loaded.flatMap((each) => each.diagnostics);
  return [...new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic])).values()];
}

/** Taken before the files are read, so that a file that changes in the meantime is compared again. */
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
