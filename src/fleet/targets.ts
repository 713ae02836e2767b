import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import { ignored, ORGANIZATIONS_FOLDER, organizationFiles, PLATFORM_FILE } from "../manifest/read.ts";
import { isFolder } from "../manifest/read-text.ts";
import type { Revision } from "../revisions/revision.ts";
import { quotedPath } from "../shared/list-names.ts";
import { isBelow, isReallyInside } from "../shared/real-path.ts";
import { suggest } from "../shared/suggest.ts";

/** The selected parts of a platform. */
export interface Selection {
  /** The platform's folder, absolute. Its last part is the platform's name. */
  readonly folder: string;
  /** Whether its own stack is selected. */
  readonly own: boolean;
  /** Names of organizations; `all` includes those that were removed from the YAML. */
  readonly organizations: "all" | readonly string[];
  /** Those that a revision had and the YAML no longer has. They may have no stack. Default: none. */
  readonly removed?: readonly string[];
}

/**
 * Resolves the targets of a command line: platform folders, folders of platforms, manifests or stack names. Without targets,
 * selects every platform in the nearest `stacks` folder.
 *
 * @throws UserError for an unknown target, with the nearest name
 */
export function findTargets(names: readonly string[], where: Where): Selection[] {
  const found = names.length === 0 ? allPlatforms(where) : names.flatMap((name) => findTarget(name, where));
  return merge(found);
}

export interface Where {
  /** The current folder. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function findTarget(name: string, where: Where): Selection[] {
  const path = resolve(where.cwd, name);
  refuseLinkOut(path, where);
  if (existsSync(path)) return statSync(path).isDirectory() ? inFolder(path, name) : [ofFile(path, name)];
  const stack = /^([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(name);
  if (stack !== null && !isManifestName(name)) return [ofStack(stack[1] ?? "", stack[2] ?? "", where)];
  throw unknownTarget(name, where);
}

function inFolder(path: string, name: string): Selection[] {
  if (isPlatform(path)) return [{ folder: path, own: true, organizations: "all" }];
  const platforms = platformsIn(path);
  if (platforms.length > 0) expectOnlyPlatforms(path);
  if (platforms.length > 0) return platforms.map((folder) => ({ folder, own: true, organizations: "all" }));
  if (isPlatform(dirname(path)) && basename(path) === ORGANIZATIONS_FOLDER)
    return [{ folder: dirname(path), own: false, organizations: "all" }];
  throw new UserError(`${name} contains no platform: neither it nor its subfolders have a ${PLATFORM_FILE}`, {
    remedy: "Name a platform's folder, such as stacks/agntdata.",
  });
}

function ofFile(path: string, name: string): Selection {
  const folder = dirname(path);
  if (basename(path) === PLATFORM_FILE) return { folder, own: true, organizations: [] };
  const platform = dirname(folder);
  if (basename(folder) === ORGANIZATIONS_FOLDER && path.endsWith(".yaml"))
    return { folder: platform, own: false, organizations: [basename(path, ".yaml")] };
  throw new UserError(`${name} isn't a platform's manifest`, {
    remedy: `Name a file such as stacks/agntdata/${PLATFORM_FILE} or stacks/agntdata/${ORGANIZATIONS_FOLDER}/acme.yaml.`,
  });
}

/** A stack's organization may be removed from the YAML, so only the backend knows whether it exists. */
function ofStack(platform: string, part: string, where: Where): Selection {
  const folder = join(stacksFolder(where), platform);
  if (!isPlatform(folder)) throw unknownTarget(`${platform}.${part}`, where);
  return part === "platform"
    ? { folder, own: true, organizations: [] }
    : { folder, own: false, organizations: [part] };
}

function allPlatforms(where: Where): Selection[] {
  const folder = stacksFolder(where);
  const platforms = platformsIn(folder);
  if (platforms.length > 0) expectOnlyPlatforms(folder);
  if (platforms.length === 0)
    throw new UserError(`There is no platform in ${folder}`, {
      remedy: `Name a platform's folder, or create stacks/<platform>/${PLATFORM_FILE}.`,
    });
  return platforms.map((platform) => ({ folder: platform, own: true, organizations: "all" }));
}

/** `TENANTRY_STACKS`, else the nearest `stacks` folder in the current folder or its parents. */
function stacksFolder({ cwd, env }: Where): string {
  if (env.TENANTRY_STACKS) {
    const stacks = resolve(cwd, env.TENANTRY_STACKS);
    refuseLinkOut(stacks, { cwd });
    return stacks;
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "stacks"))) return join(folder, "stacks");
    if (folder === dirname(folder)) return join(cwd, "stacks");
  }
}

/**
 * The path of a revision's folder of platforms in the repository, found as in the work tree, with links resolved. A change could move
 * the folder, or add one that is nearer.
 */
export async function stacksOf(revision: Revision, where: Where): Promise<string> {
  const { cwd, env } = where;
  if (env.TENANTRY_STACKS) return revision.targetOf(resolve(cwd, env.TENANTRY_STACKS));
  const places = [join(cwd, "stacks")];
  for (let folder = cwd; folder !== dirname(folder); folder = dirname(folder))
    places.push(join(dirname(folder), "stacks"));
  const existing = await revision.filesAt(places);
  const nearest = places.find((place) => existing.has(place));
  return revision.targetOf(nearest ?? stacksFolder(where));
}

/** Refuses a path that leaves the current folder through a link, because its target isn't part of the repository. `..` is allowed. */
function refuseLinkOut(path: string, { cwd }: Pick<Where, "cwd">): void {
  if (!leadsOut(path, cwd)) return;
  throw new UserError(`${relative(cwd, path)} leads out of the current folder through a symbolic link`, {
    remedy: "Move the files here, or name the target of the link.",
  });
}

function leadsOut(path: string, cwd: string): boolean {
  return isBelow(path, cwd) && existsSync(path) && !isReallyInside(path, cwd);
}

function platformsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter(isPlatform);
}

/** A folder without a manifest, such as a submodule that isn't checked out, must not look like a platform that doesn't exist. */
function expectOnlyPlatforms(folder: string): void {
  const strays = readdirSync(folder)
    .sort()
    .filter((name) => !ignored(name) && !STACK_SETTINGS.test(name) && !isPlatform(join(folder, name)));
  const [first] = strays;
  if (first === undefined) return;
  const path = join(folder, first);
  const isDirectory = existsSync(path) && statSync(path).isDirectory();
  throw new UserError(
    isDirectory
      ? `${quotedPath(first)} in ${basename(folder)} has no ${PLATFORM_FILE}`
      : `${quotedPath(first)} in ${basename(folder)} isn't the folder of a platform`,
    {
      remedy: isDirectory
        ? `Check out its files, rename its manifest to ${PLATFORM_FILE}, or move the folder elsewhere.`
        : "Move it elsewhere.",
    },
  );
}

/** Pulumi keeps the settings of stacks here too. */
const STACK_SETTINGS = /^Pulumi\..+\.ya?ml$/;

function isPlatform(folder: string): boolean {
  return existsSync(join(folder, PLATFORM_FILE));
}

function isManifestName(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

function unknownTarget(name: string, where: Where): UserError {
  const near = suggest(name, knownTargets(name, where));
  return new UserError(`There is no platform, manifest or stack ${name}`, {
    remedy:
      near === undefined
        ? "Name a platform's folder (stacks/agntdata), a manifest's file (stacks/agntdata/orgs/acme.yaml) or a stack (agntdata.acme)."
        : `Did you mean ${quotedPath(near)}?`,
  });
}

/** Candidates for a suggestion: the neighbours of a path, or all stacks for a stack name. */
function knownTargets(name: string, where: Where): string[] {
  const beside = dirname(resolve(where.cwd, name));
  const neighbours =
    isFolder(beside) && !leadsOut(beside, where.cwd)
      ? readdirSync(beside).map((each) => join(dirname(name), each))
      : [];
  return [...neighbours, ...platformsIn(stacksFolder(where)).flatMap(stackNames)];
}

/** The stack names of a platform's folder, from its file names. */
export function stackNames(folder: string): string[] {
  const platform = basename(folder);
  return [
    `${platform}.platform`,
    ...organizationFiles(folder).map((file) => `${platform}.${basename(file, ".yaml")}`),
  ];
}

/** Merges selections of the same folder, in the order of the command line. */
function merge(selections: readonly Selection[]): Selection[] {
  const merged = new Map<string, Selection>();
  for (const next of selections) {
    const known = merged.get(next.folder);
    merged.set(next.folder, known === undefined ? next : union(known, next));
  }
  return [...merged.values()];
}

function union(a: Selection, b: Selection): Selection {
  const all = a.organizations === "all" || b.organizations === "all";
  return {
    folder: a.folder,
    own: a.own || b.own,
    organizations: all ? "all" : [...new Set([...a.organizations, ...b.organizations])],
  };
}
