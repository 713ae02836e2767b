import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Diagnostic, isError } from "../manifest/diagnostic.ts";
import { digestOfFile, type Texts } from "../manifest/neighbours.ts";
import { ORGANIZATIONS_FOLDER, strayEntries } from "../manifest/read.ts";
import type { OrganizationModel, PlatformModel } from "../model/model.ts";
import { type Loaded, loadPlatform, loadStack, type StackModel } from "../repository/load.ts";
import { type Selection, stackNames } from "./targets.ts";

/** The manifests of a selection, resolved for one day. */
export interface LoadedSelection {
  readonly selection: Selection;
  /** The platform's name: its folder's. */
  readonly platform: string;
  /** The platform; undefined when manifests weren't read or have errors. */
  readonly platformModel: PlatformModel | undefined;
  /** The selected organizations; incomplete when there are errors. */
  readonly organizations: readonly OrganizationModel[];
  /** Names that were selected but have no manifest: removed from the YAML, or misspelled. */
  readonly missing: readonly string[];
  /** The number of organization manifests that were read, valid or not. */
  readonly read: number;
  readonly diagnostics: readonly Diagnostic[];
  /** By organization, the digest of its file, taken before the file was compared with all others. */
  readonly checked: ReadonlyMap<string, string>;
}

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
    const { model, diagnostics } = await loadPlatform(folder, today);
    const misnamed = own.diagnostics.filter((diagnostic) => diagnostic.rule === "platform-name");
    return {
      selection,
      platform,
      platformModel: model?.platform,
      organizations: model?.organizations ?? [],
      missing: [],
      read: stackNames(folder).length - 1,
      diagnostics: [...misnamed, ...diagnostics],
      checked,
    };
  }
  const missing = organizations.filter((name) => !existsSync(manifestOf(folder, name)));
  const present = organizations.filter((name) => !missing.includes(name));
  const checked = digestsOf(folder, present);
  const texts: Texts = new Map();
  // A manifest that was renamed to something that isn't read would look like a removed one.
  const strays = selection.removed === undefined ? [] : await strayEntries(folder);
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
    diagnostics: [...strays, ...distinct(loaded)],
    checked,
  };
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
