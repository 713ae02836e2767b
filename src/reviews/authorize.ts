import { posix } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "@tenantry/core/is-record";
import type { OrganizationManifest } from "../manifest/organization.ts";
import { parseManifest } from "../manifest/parse.ts";
import type { PlatformManifest } from "../manifest/platform.ts";
import type { ParsedOrganization, ParsedPlatform, PlatformFolder } from "../manifest/read.ts";
import { ORGANIZATIONS_FOLDER, PLATFORM_FILE } from "../manifest/read.ts";
import { MAX_BYTES, readRegularFile } from "../manifest/regular-file.ts";
import { firstNameOf } from "../model/organization.ts";
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

/** A revision and its platforms. */
interface Base {
  readonly revision: Revision;
  /** The path of the folder of all platforms in the repository. */
  readonly stacks: string;
}

/** The work tree, and the commit that is checked out in it. */
export interface Change {
  readonly head: Revision;
  /** The paths of the folder of all platforms in the repository: with and without links resolved. */
  readonly stacks: readonly string[];
  readonly platforms: readonly ChangedPlatform[];
}

/** What a change is compared with, and who may approve it. */
export interface Bases {
  /** Where the change began: its merge base. What differs from it is new or changed. */
  readonly start: Base;
  /** The tip of the base branch. Its maintainers decide, so that a change that began long ago gives no former maintainer a vote. */
  readonly tip: Base;
}

/**
 * Checks that everything in a change that needs an approval has the review of a maintainer. Maintainers and rules are those of the base
 * revision, so that a change can't approve itself.
 */
export async function authorize(
  { head, stacks, platforms }: Change,
  { start, tip }: Bases,
  participants: Participants,
): Promise<Approval[]> {
  const [before, latest] = [await readPlatforms(start), await readPlatforms(tip)];
  const everyone = [...latest.manifests.values()].flatMap(({ maintainers = [] }) => maintainers);
  const people = withoutOwnLogins(participants, everyone);
  const maintainersOf = (path: string) => latest.manifests.get(path)?.maintainers ?? [];
  const approval = (path: string, what: string) => {
    const deciders = latest.texts.has(path) ? maintainersOf(path) : everyone;
    return change(posix.join(path, PLATFORM_FILE), what, deciders, people);
  };
  const present = new Set(platforms.map(({ path }) => path));
  const approvals = [...before.texts.keys()]
    .filter((path) => !present.has(path))
    .map((path) => approval(path, `the platform was moved or removed from ${path}`));
  for (const platform of platforms) {
    const { path } = platform;
    approvals.push(...platformChanges(platform, before, latest).map((what) => approval(path, what)));
    for (const { file, found } of await newExceptions(platform, before, latest))
      approvals.push(exception(file, found, maintainersOf(path), people));
  }
  const guarded = differences(before.files, start.revision.root, isGuarded);
  return [
    ...approvals,
    ...guarded.map((file) => change(file, "the whole file", everyone, people)),
    ...(await newSubmodules(head, start.revision, [...stacks, start.stacks])),
  ];
}

/** The new submodules among the manifests and policies. Their files may be missing from the checkout, so that it hides what they declare. */
async function newSubmodules(
  head: Revision,
  start: Revision,
  stacks: readonly string[],
): Promise<Approval[]> {
  const known = new Set(await start.submodules());
  const isInside = (path: string) => stacks.some((each) => each === "" || `${path}/`.startsWith(`${each}/`));
  const found = (await head.submodules()).filter(
    (path) => !known.has(path) && (isInside(path) || isGuarded(path)),
  );
  return found.map((file) => ({
    ...{ file, what: "a new submodule", approvedBy: null, accepted: [] },
    problem: "its files can't be compared, so nobody can approve it",
  }));
}

/** A person with two logins can't approve with the second one what they wrote with the first. */
function withoutOwnLogins({ actor, reviewers }: Participants, everyone: readonly Maintainer[]): Participants {
  const own = new Set(
    everyone.filter(({ github }) => isLogin(github, actor)).map(({ email }) => email.toLowerCase()),
  );
  const isOwn = (reviewer: string) =>
    everyone.some(({ email, github }) => isLogin(github, reviewer) && own.has(email.toLowerCase()));
  return { actor, reviewers: reviewers.filter((reviewer) => !isOwn(reviewer)) };
}

interface Platforms {
  readonly revision: Revision;
  /** All files of the repository. */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** The texts of the platforms' manifests, by the path of the folder. */
  readonly texts: ReadonlyMap<string, Buffer>;
  /** Those without errors, by the path of the folder. */
  readonly manifests: ReadonlyMap<string, PlatformManifest>;
}

/** Reads the platforms where the command line finds them: in direct subfolders. Other files `platform.yaml` may be examples. */
async function readPlatforms({ revision, stacks }: Base): Promise<Platforms> {
  const files = await revision.files(revision.root);
  const parent = posix.normalize(stacks);
  const paths = [...files.keys()].filter(
    (path) =>
      posix.basename(path) === PLATFORM_FILE &&
      posix.dirname(path) !== "." &&
      posix.dirname(posix.dirname(path)) === parent,
  );
  const read = await revision.texts(files, paths, MAX_BYTES);
  const texts = new Map(paths.map((path) => [posix.dirname(path), read.get(path) ?? Buffer.alloc(0)]));
  const manifests = [...texts].flatMap(([path, text]) => {
    const { manifest } = parseManifest("Platform", text.toString("utf8"), path);
    return manifest === undefined ? [] : [[path, manifest] as const];
  });
  return { revision, files, texts, manifests: new Map(manifests) };
}

/** Files that decide who reviews and what is allowed, wherever they are. */
function isGuarded(path: string): boolean {
  const parts = path.split("/");
  return (
    parts.includes("policies") ||
    posix.basename(path) === "CODEOWNERS" ||
    path === ".github" ||
    (parts[0] === ".github" && (parts[1] === "workflows" || parts[1] === "actions"))
  );
}

/**
 * What changed in a platform's manifest. A file that the change edited is also compared with the tip, because it could bring back what
 * was withdrawn since the change began.
 */
function platformChanges({ path, read }: ChangedPlatform, before: Platforms, latest: Platforms): string[] {
  const [old, current] = [before.manifests.get(path), latest.manifests.get(path)];
  const isUntouched = read.platform !== undefined && isText(before.texts.get(path), read.platform.file);
  const compared = isUntouched ? [old] : [old ?? current, current];
  if (compared.includes(undefined))
    return before.texts.size + latest.texts.size > 0 ? ["a new platform"] : [];
  return (["name", "maintainers", "guards", "cost"] as const).filter((key) =>
    compared.some((each) => !isDeepStrictEqual(each?.[key], read.platform?.manifest[key])),
  );
}

/** Whether a file still has this text. */
function isText(text: Buffer | undefined, file: string): boolean {
  return text !== undefined && readRegularFile(file)?.equals(text) === true;
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

/** The new and changed exceptions of a platform and its organizations, with the path of their file. */
async function newExceptions(
  { path, read: { platform, organizations } }: ChangedPlatform,
  before: Platforms,
  latest: Platforms,
): Promise<{ file: string; found: Exception }[]> {
  const formerly = await organizationsOf(path, organizations, before);
  const currently = await organizationsOf(path, organizations, latest);
  const own: Versions | undefined = platform && {
    ...{ now: platform, name: PLATFORM_FILE, text: before.texts.get(path) },
    ...{ old: before.manifests.get(path), current: latest.manifests.get(path) },
  };
  const all = organizations.map((now): Versions => {
    const old = formerly.get(now);
    const name = posix.join(ORGANIZATIONS_FOLDER, `${now.manifest.name}.yaml`);
    const text = old?.manifest.name === now.manifest.name ? old.text : undefined;
    return { now, name, text, old: old?.manifest, current: currently.get(now)?.manifest };
  });
  return [...(own === undefined ? [] : [own]), ...all].flatMap((versions) =>
    added(versions).map((found) => ({ file: posix.join(path, versions.name), found })),
  );
}

/** A manifest of the change, and the same platform or organization before. */
interface Versions {
  readonly now: ParsedPlatform | ParsedOrganization;
  /** The path of the file in the platform's folder. */
  readonly name: string;
  /** What the file contained when the change began. */
  readonly text: Buffer | undefined;
  readonly old: unknown;
  readonly current: unknown;
}

interface Former {
  readonly text: Buffer;
  readonly manifest: OrganizationManifest;
}

/**
 * What a revision declared for each organization with exceptions. It must be the same organization: another one may have had the
 * name before. A copy isn't the same one.
 */
async function organizationsOf(
  path: string,
  organizations: readonly ParsedOrganization[],
  { revision, files }: Platforms,
): Promise<ReadonlyMap<ParsedOrganization, Former>> {
  const holders = organizations.filter(({ manifest }) => exceptionsIn(manifest).length > 0);
  const fileOf = (name: string) => posix.join(path, ORGANIZATIONS_FOLDER, `${name}.yaml`);
  const names = holders.flatMap(({ manifest: { name, previously = [] } }) => [name, ...previously]);
  const texts = await revision.texts(files, [...new Set(names.map(fileOf))], MAX_BYTES);
  const formers = new Map(
    [...texts].flatMap(([file, text]) => {
      const { manifest } = parseManifest("Organization", text.toString("utf8"), file);
      return manifest === undefined ? [] : [[identityOf(manifest), { text, manifest }] as const];
    }),
  );
  const present = new Set(organizations.map(({ manifest }) => manifest.name));
  return new Map(
    holders.flatMap((holder) => {
      const former = formers.get(identityOf(holder.manifest));
      const isCopy =
        former !== undefined &&
        former.manifest.name !== holder.manifest.name &&
        present.has(former.manifest.name);
      return former === undefined || isCopy ? [] : [[holder, former] as const];
    }),
  );
}

/** Ids are derived from the first name and the generation, so an organization keeps both when it is renamed. */
function identityOf(manifest: OrganizationManifest): string {
  return `${firstNameOf(manifest)}#${manifest.generation ?? 1}`;
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

/**
 * The exceptions that a manifest didn't have. If the change edited the file, the tip must have them too: they may have been revoked
 * since the change began.
 */
function added({ now, text, old, current }: Versions): Exception[] {
  const all = exceptionsIn(now.manifest);
  if (all.length === 0) return [];
  const bases = isText(text, now.file) ? [old] : [old, current];
  const found = new Set(bases.flatMap((base) => missing(exceptionsIn(base), all)));
  return all.filter((each) => found.has(each));
}

/** The exceptions that aren't among the known ones, each as often as it is new. */
function missing(known: readonly Exception[], all: readonly Exception[]): Exception[] {
  const left = known.map(({ path, content }) => `${path} ${content}`);
  return all.filter(({ path, content }) => {
    const index = left.indexOf(`${path} ${content}`);
    if (index >= 0) left.splice(index, 1);
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
  const login = accepted.find((each) => isLogin(each, people.actor)) ?? accepted[0];
  if (login === undefined) return `${approvedBy} isn't among the \`maintainers\` of the base revision`;
  if (isLogin(login, people.actor)) return `${login} is the author of the change, and can't approve it`;
  return `${login} (${approvedBy}) hasn't approved the change`;
}
