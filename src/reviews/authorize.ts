import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "@tenantry/core/is-record";
import { parseManifest } from "../manifest/parse.ts";
import type { PlatformManifest } from "../manifest/platform.ts";
import type { ParsedOrganization, PlatformFolder } from "../manifest/read.ts";
import { ORGANIZATIONS_FOLDER, PLATFORM_FILE } from "../manifest/read.ts";
import { MAX_BYTES } from "../manifest/regular-file.ts";
import { differences } from "../revisions/differences.ts";
import type { Revision, TreeFile } from "../revisions/revision.ts";
import type { Maintainer } from "./code-owners.ts";

/** The people of a pull request, by their GitHub logins. */
export interface Participants {
  /** Who opened the change. Nobody approves their own change. */
  readonly actor: string;
  readonly reviewers: readonly string[];
}

/** Something that needs an approval, and whether it has one. */
export interface Approval {
  /** The path of the file in the repository. */
  readonly file: string;
  /** What was changed: `consents`, `limits.seats`, `maintainers`, or the whole file. */
  readonly what: string;
  /** Who approved it according to the file; null for a change that any maintainer may approve. */
  readonly approvedBy: string | null;
  /** The logins of the maintainers whose review counts. */
  readonly accepted: readonly string[];
  /** Why it isn't approved; null if it is. */
  readonly problem: string | null;
}

/** A platform of the work tree. */
export interface ChangedPlatform {
  /** The path of its folder in the repository, with the links resolved that the base has. */
  readonly path: string;
  readonly read: PlatformFolder;
}

/** What a change is compared with, and who may approve it. */
export interface Bases {
  /** Where the change began: its merge base. What differs from it is new or changed. */
  readonly start: Revision;
  /** The tip of the base branch. Its maintainers decide, so that a change that began long ago gives no former maintainer a vote. */
  readonly tip: Revision;
}

/**
 * Checks that everything in a change that needs an approval has the review of a maintainer. Maintainers and rules are those of the base
 * revision, so that a change can't approve itself.
 */
export async function authorize(
  platforms: readonly ChangedPlatform[],
  { start, tip }: Bases,
  people: Participants,
): Promise<Approval[]> {
  const before = await readPlatforms(start);
  const authority = await readPlatforms(tip);
  const everyone = [...authority.manifests.values()].flatMap(({ maintainers = [] }) => maintainers);
  const maintainersOf = (path: string) => authority.manifests.get(path)?.maintainers ?? everyone;
  const now = new Map(platforms.map((platform) => [platform.path, platform]));
  const approvals = [...before.manifests].flatMap(([path, manifest]) =>
    platformChanges(path, manifest, now.get(path)?.read.platform?.manifest).map((what) =>
      change(posix.join(path, PLATFORM_FILE), what, maintainersOf(path), people),
    ),
  );
  for (const { path, read } of platforms) {
    if (!before.manifests.has(path) && before.manifests.size > 0)
      approvals.push(change(posix.join(path, PLATFORM_FILE), "a new platform", everyone, people));
    approvals.push(...(await exceptions(path, read, before, maintainersOf(path), people)));
  }
  const guarded = differences(before.files, start.root, isGuarded);
  return [...approvals, ...guarded.map((file) => change(file, "the whole file", everyone, people))];
}

interface Platforms {
  readonly revision: Revision;
  readonly files: ReadonlyMap<string, TreeFile>;
  /** By the path of the folder. */
  readonly manifests: ReadonlyMap<string, PlatformManifest>;
}

async function readPlatforms(revision: Revision): Promise<Platforms> {
  const files = await revision.files(revision.root);
  const paths = [...files.keys()].filter((path) => posix.basename(path) === PLATFORM_FILE);
  const texts = await revision.texts(files, paths, MAX_BYTES);
  const manifests = [...texts].flatMap(([path, text]) => {
    const { manifest } = parseManifest("Platform", text.toString("utf8"), path);
    return manifest === undefined ? [] : [[posix.dirname(path), manifest] as const];
  });
  return { revision, files, manifests: new Map(manifests) };
}

/** Files that decide who reviews and what is allowed, wherever they are. */
function isGuarded(path: string): boolean {
  const parts = path.split("/");
  return (
    parts.slice(0, -1).includes("policies") ||
    posix.basename(path) === "CODEOWNERS" ||
    path.startsWith(".github/workflows/")
  );
}

function platformChanges(
  path: string,
  before: PlatformManifest,
  after: PlatformManifest | undefined,
): string[] {
  if (after === undefined) return [`the platform was moved or removed from ${path}`];
  return (["name", "maintainers", "guards", "cost"] as const).filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
}

function change(
  file: string,
  what: string,
  maintainers: readonly Maintainer[],
  people: Participants,
): Approval {
  const accepted = maintainers.map(({ github }) => github);
  const isApproved = accepted.some((login) => approves(login, people));
  return {
    ...{ file, what, approvedBy: null, accepted },
    problem: isApproved
      ? null
      : accepted.length === 0
        ? NO_MAINTAINERS
        : "no maintainer of the base revision other than its author has approved the change",
  };
}

const NO_MAINTAINERS = "the base revision has no `maintainers` in platform.yaml";

/** GitHub's logins don't depend on case. */
function isLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function approves(login: string, { actor, reviewers }: Participants): boolean {
  return !isLogin(login, actor) && reviewers.some((reviewer) => isLogin(reviewer, login));
}

/** The new and changed exceptions of a platform and its organizations. */
async function exceptions(
  path: string,
  { platform, organizations }: PlatformFolder,
  before: Platforms,
  maintainers: readonly Maintainer[],
  people: Participants,
): Promise<Approval[]> {
  const own = platform === undefined ? [] : added(before.manifests.get(path), platform.manifest);
  const found = own.map((each) => exception(posix.join(path, PLATFORM_FILE), each, maintainers, people));
  const holders = organizations.filter(({ manifest }) => exceptionsIn(manifest).length > 0);
  const names = new Set(organizations.map(({ manifest }) => manifest.name));
  const bases = holders.map((organization) => formerFile(path, organization, names, before));
  const texts = await before.revision.texts(before.files, [...new Set(bases)], MAX_BYTES);
  for (const [index, { manifest }] of holders.entries()) {
    const text = texts.get(bases[index] ?? "")?.toString("utf8");
    const earlier = text === undefined ? undefined : parseManifest("Organization", text, "").manifest;
    const file = posix.join(path, ORGANIZATIONS_FOLDER, `${manifest.name}.yaml`);
    for (const each of added(earlier, manifest)) found.push(exception(file, each, maintainers, people));
  }
  return found;
}

/** The file that an organization had. A renamed one keeps its exceptions, if nobody has its previous name. */
function formerFile(
  path: string,
  { manifest: { name, previously = [] } }: ParsedOrganization,
  names: ReadonlySet<string>,
  { files }: Platforms,
): string {
  const fileOf = (each: string) => posix.join(path, ORGANIZATIONS_FOLDER, `${each}.yaml`);
  if (files.has(fileOf(name))) return fileOf(name);
  const former = previously.findLast((each) => !names.has(each) && files.has(fileOf(each)));
  return fileOf(former ?? name);
}

interface Exception {
  readonly path: string;
  readonly approvedBy: string;
  /** Its content, independent of the order of keys. */
  readonly content: string;
}

/** Everything with an approver: consents, overrides of limits, and what comes later. Entries of a list have no order. */
function exceptionsIn(value: unknown, path: readonly string[] = []): Exception[] {
  if (Array.isArray(value)) return value.flatMap((item) => exceptionsIn(item, path));
  if (!isRecord(value)) return [];
  const inside = Object.entries(value).flatMap(([key, inner]) => exceptionsIn(inner, [...path, key]));
  if (typeof value.approvedBy !== "string") return inside;
  return [{ path: path.join("."), approvedBy: value.approvedBy, content: canonical(value) }, ...inside];
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? "";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}

/** The exceptions that a manifest didn't have, each as often as it is new. */
function added(before: unknown, after: unknown): Exception[] {
  const known = exceptionsIn(before).map(({ path, content }) => `${path} ${content}`);
  return exceptionsIn(after).filter(({ path, content }) => {
    const index = known.indexOf(`${path} ${content}`);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}

function exception(
  file: string,
  { path, approvedBy }: Exception,
  maintainers: readonly Maintainer[],
  people: Participants,
): Approval {
  const named = maintainers.filter(({ email }) => email.toLowerCase() === approvedBy.toLowerCase());
  const accepted = named.map(({ github }) => github);
  return {
    file,
    what: path,
    approvedBy,
    accepted,
    problem: problemOf(approvedBy, accepted, maintainers, people),
  };
}

function problemOf(
  approvedBy: string,
  accepted: readonly string[],
  maintainers: readonly Maintainer[],
  people: Participants,
): string | null {
  if (accepted.some((login) => approves(login, people))) return null;
  if (maintainers.length === 0) return NO_MAINTAINERS;
  const [login] = accepted;
  if (login === undefined) return `${approvedBy} isn't among the \`maintainers\` of the base revision`;
  if (isLogin(login, people.actor)) return `${login} is the author of the change, and can't approve it`;
  return `${login} (${approvedBy}) hasn't approved the change`;
}
