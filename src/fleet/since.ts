import { fstatSync, lstatSync } from "node:fs";
import { dirname, extname, join, posix, relative } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { ignored, ORGANIZATIONS_FOLDER, PLATFORM_FILE } from "../manifest/read.ts";
import { differences, isChanged } from "../revisions/differences.ts";
import { Revision, type TreeFile } from "../revisions/revision.ts";
import { listPaths, quotedPath } from "../shared/list-names.ts";
import { projectFolder } from "./project.ts";
import { isProgramFile } from "./sources.ts";
import { type Selection, stackNames, type Where } from "./targets.ts";

/** A platform's folder in a revision, and what differs from it. */
export interface PlatformSince {
  /** Absolute. */
  readonly folder: string;
  /** The files of the revision, by their path in the folder. */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Whether something changed that concerns all of its stacks: its manifest, or another file beside the organizations. */
  readonly whole: boolean;
  /** The organizations whose files were added, changed or removed. */
  readonly organizations: readonly string[];
}

/** What differs between a revision and the work tree. */
export interface Since {
  readonly revision: Revision;
  readonly platforms: readonly PlatformSince[];
  /** Files of programs and schemas that were added, changed or removed, relative to the current folder. */
  readonly code: readonly string[];
}

/**
 * Compares the work tree with its merge base with a ref.
 *
 * @param selections the targets of the command line
 * @param isWhole whether the targets are all platforms, so that a platform that was removed counts too
 * @param outputs the files that the command writes, absolute. They aren't code
 * @throws UserError for a ref that can't be found, and for a platform that was removed
 */
export async function changedSince(
  ref: string,
  selections: readonly Selection[],
  where: Where,
  isWhole: boolean,
  outputs: readonly string[] = [],
): Promise<Since> {
  const [first] = selections;
  const revision = await Revision.mergeBase(ref, first?.folder ?? where.cwd, where.env);
  const platforms: PlatformSince[] = [];
  for (const { folder } of selections) platforms.push(platformSince(folder, await revision.files(folder)));
  if (isWhole && first !== undefined)
    await refuseRemovedPlatforms(revision, dirname(first.folder), selections);
  return { revision, platforms, code: await changedCode(revision, selections, where, outputs) };
}

function platformSince(folder: string, files: ReadonlyMap<string, TreeFile>): PlatformSince {
  const changed = differences(files, folder);
  const manifests = changed.map(organizationOf);
  const others = changed.filter(
    (path, index) => manifests[index] === undefined && !ignored(posix.basename(path)),
  );
  return {
    folder,
    files,
    whole: others.length > 0,
    organizations: manifests.filter((name) => name !== undefined),
  };
}

/** `acme` for `orgs/acme.yaml`. */
function organizationOf(path: string): string | undefined {
  const [orgs, file, ...rest] = path.split("/");
  if (orgs !== ORGANIZATIONS_FOLDER || file === undefined || rest.length > 0) return undefined;
  return extname(file) === ".yaml" ? file.slice(0, -".yaml".length) : undefined;
}

/** A platform without a folder isn't selected, so its stacks would be forgotten. */
async function refuseRemovedPlatforms(
  revision: Revision,
  stacks: string,
  selections: readonly Selection[],
): Promise<void> {
  const present = new Set(selections.map(({ folder }) => folder));
  const before = [...(await revision.files(stacks)).keys()].flatMap((path) =>
    posix.basename(path) === PLATFORM_FILE && path.split("/").length === 2 ? [posix.dirname(path)] : [],
  );
  const removed = before.filter((name) => !present.has(join(stacks, name)));
  if (removed.length === 0) return;
  throw new UserError(
    `The ${removed.length === 1 ? "platform" : "platforms"} ${listPaths(removed)} ${removed.length === 1 ? "was" : "were"} removed from the repository, but ${removed.length === 1 ? "its" : "their"} stacks may still exist`,
    {
      remedy: `Restore ${quotedPath(join(stacks, removed[0] ?? "", PLATFORM_FILE))}. Delete its organizations by \`state: deleted\` first.`,
    },
  );
}

/** The files that decide which packages are installed. Those of a monorepo are above the project's folder. */
export const PACKAGES = [
  "package.json",
  "package-lock.json",
  "npm-shrinkwrap.json",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  "yarn.lock",
  "bun.lock",
  "bun.lockb",
];

/** The code that the stacks depend on: the Pulumi project's, without manifests. Without a project, the version of tenantry. */
async function changedCode(
  revision: Revision,
  selections: readonly Selection[],
  { cwd }: Where,
  outputs: readonly string[],
): Promise<string[]> {
  const found = projectFolder(cwd);
  const isInstalled = revision
    .pathOf(found)
    .split("/")
    .some((part) => part === ".." || part === "node_modules");
  if (!isInstalled)
    return [
      ...(await changedPackages(revision, found, dirname(found))),
      ...(await changedProgram(revision, found, selections, outputs)),
    ];
  const start = revision.pathOf(cwd).startsWith("..") ? revision.root : cwd;
  return changedPackages(revision, start, start);
}

/**
 * The changed files, from a folder up to the root of the repository, that decide which packages are installed.
 *
 * @param project the folder that the paths in the result are relative to
 */
async function changedPackages(revision: Revision, project: string, start: string): Promise<string[]> {
  const inside = revision.pathOf(start);
  if (inside.startsWith("..")) return [];
  const depth = inside.split("/").filter((part) => part !== "").length;
  const files = Array.from({ length: depth + 1 }, (_, up) => join(start, "../".repeat(up))).flatMap(
    (folder) => PACKAGES.map((name) => join(folder, name)),
  );
  const before = await revision.filesAt(files);
  return files
    .filter((file) => isChanged(before.get(file), file))
    .map((file) => relative(project, file).replaceAll("\\", "/"));
}

async function changedProgram(
  revision: Revision,
  project: string,
  selections: readonly Selection[],
  outputs: readonly string[],
): Promise<string[]> {
  const inside = revision.pathOf(project);
  const stacks = [...new Set(selections.map(({ folder }) => dirname(folder)))];
  const manifests = stacks.map((each) => revision.pathOf(each));
  for (const each of stacks) manifests.push(await revision.targetOf(each));
  const isManifest = (path: string) =>
    manifests.some((each) => posix.join(inside, path).startsWith(`${each}/`));
  const files = await revision.files(project);
  const changed = differences(
    files,
    project,
    (path) => !isManifest(path) && (PACKAGES.includes(path) || isProgramFile(project, path)),
  );
  if (changed.every((path) => files.has(path))) return changed;
  const ignored = await revision.ignoredIn(project);
  const isIgnored = (path: string) =>
    ignored.some((each) => path === each || (each.endsWith("/") && path.startsWith(each)));
  return changed.filter(
    (path) => files.has(path) || !(isIgnored(path) || isOutput(join(project, path), outputs)),
  );
}

/** Whether the command writes the file, also by its standard output: `tenantry preview --json > plan.json`. */
function isOutput(path: string, outputs: readonly string[]): boolean {
  if (outputs.includes(path)) return true;
  const [file, stdout] = [lstatSync(path, { throwIfNoEntry: false }), fstatSync(process.stdout.fd)];
  return file?.ino === stdout.ino && file.dev === stdout.dev;
}

/**
 * The part of a selection whose manifests changed; undefined if none did.
 *
 * @param isWhole whether all stacks are concerned, whatever their manifests. Default false
 */
export function narrowed(selection: Selection, { platforms }: Since, isWhole = false): Selection | undefined {
  const since = platforms.find(({ folder }) => folder === selection.folder);
  if (since === undefined) return undefined;
  const names = new Set(stackNames(selection.folder).map((stack) => stack.slice(stack.indexOf(".") + 1)));
  const selected = ({ organizations }: Selection, name: string) =>
    organizations === "all" || organizations.includes(name);
  const removed = since.organizations.filter((name) => !names.has(name) && selected(selection, name));
  if (since.whole || isWhole) return { ...selection, removed };
  const changed = since.organizations.filter((name) => selected(selection, name));
  return changed.length === 0
    ? undefined
    : { folder: selection.folder, own: false, organizations: changed, removed };
}
