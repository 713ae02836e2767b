import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseManifest } from "./parse.ts";
import type { PlatformManifest } from "./platform.ts";
import {
  ORGANIZATIONS_FOLDER,
  type ParsedOrganization,
  type ParsedPlatform,
  PLATFORM_FILE,
  readOrganizationFile,
  readPlatformFile,
} from "./read.ts";
import { isFolder, readText } from "./read-text.ts";
import { secretUses } from "./secret-uses.ts";

/** The platforms of a repository, with the data that decides who owns a set of secrets. */
export interface Repository {
  /** The name of the current platform's folder. */
  readonly own: string;
  readonly platforms: readonly RepositoryPlatform[];
}

interface RepositoryPlatform {
  /** The name of its folder. */
  readonly name: string;
  /** Undefined if the file has errors. Those of other platforms are read only if their claims can matter. */
  readonly manifest: PlatformManifest | undefined;
  /** For a file with errors, the words in its text: it can only claim secrets among them. Undefined if they aren't known. */
  readonly words: ReadonlySet<string> | undefined;
  /** The organizations with a file, among those whose name is the prefix of a secret or that are listed for one. */
  readonly organizations: ReadonlySet<string>;
  /** The secrets that organizations use, by organization, for those whose name is a prefix of another owner's secret. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Up to this number of names, checking each file is faster than listing the folder. */
const FEW = 200;

/**
 * Reads the data that decides who owns the secrets in manifests: the platforms, and which organizations have a file. It parses
 * other organizations only if the names of two are prefixes of the same secret.
 *
 * @param folder the platform's folder, next to those of the repository's other platforms
 * @param organizations the organizations of the platform whose secrets are checked
 */
export function readRepository(
  folder: string,
  { manifest }: ParsedPlatform,
  organizations: readonly ParsedOrganization[],
): Repository {
  const listed = Object.entries(manifest.secrets ?? {});
  const uses = [manifest, ...organizations.map((organization) => organization.manifest)].flatMap(secretUses);
  const secrets = new Set([...uses.map(({ secret }) => secret), ...listed.map(([secret]) => secret)]);
  const names = new Set([
    ...[...secrets].flatMap(namesThatBegin),
    ...listed.flatMap(([, listing]) => listing.organizations),
  ]);
  return lookUp(folder, manifest, secrets, names, listed.length > 0);
}

/** The secrets that other organizations could lose to a new one. */
export interface Surroundings {
  readonly before: Repository;
  /** The repository with a file for the new organization. */
  readonly after: Repository;
  /** The secrets with the new name as prefix that manifests use or list. In a file with errors, every matching word counts. */
  readonly secrets: ReadonlySet<string>;
  /** The platforms whose manifest contains such a secret and has errors. */
  readonly unclear: readonly string[];
}

/**
 * Finds the secrets whose prefix is the name of an organization that a platform doesn't have yet. It parses only the platforms and
 * the few organizations to which such secrets can belong.
 *
 * @param folder the platform's folder, next to those of the repository's other platforms
 */
export function readSurroundings(folder: string, { manifest }: ParsedPlatform, name: string): Surroundings {
  const begins = (secret: string) => secret.startsWith(`${name}-`);
  const holders = new Set(namesThatBegin(`${name}-secret`));
  const secrets = new Set<string>();
  const unclear: string[] = [];
  for (const platform of platformFolders(dirname(folder), basename(folder))) {
    const path = join(dirname(folder), platform);
    const own = platform === basename(folder) ? manifest : readPlatformFile(path).parsed?.manifest;
    const inPlatform =
      own === undefined
        ? wordsIn(path, PLATFORM_FILE)
        : [...Object.keys(own.secrets ?? {}), ...secretUses(own).map(({ secret }) => secret)];
    if (own === undefined && inPlatform.some(begins)) unclear.push(platform);
    const organizations = organizationsIn(join(path, ORGANIZATIONS_FOLDER), holders);
    const inOrganizations = [...holders]
      .filter((holder) => organizations.has(holder))
      .flatMap((holder) => secretsOrWordsOf(path, holder));
    for (const secret of [...inPlatform, ...inOrganizations].filter(begins)) secrets.add(secret);
  }
  const names = new Set([...secrets].flatMap(namesThatBegin));
  const isUsed = secrets.size > 0;
  const before = lookUp(folder, manifest, secrets, names, isUsed);
  return { before, after: lookUp(folder, manifest, secrets, names, isUsed, name), secrets, unclear };
}

/**
 * @param readsOthers whether to parse the manifests of other platforms too, for the secrets that they list
 * @param added a new organization of the platform, which counts as if it had a file
 */
function lookUp(
  folder: string,
  manifest: PlatformManifest,
  secrets: ReadonlySet<string>,
  names: ReadonlySet<string>,
  readsOthers: boolean,
  added?: string,
): Repository {
  const own = basename(folder);
  const platforms = platformFolders(dirname(folder), own).map((name) => {
    const path = join(dirname(folder), name);
    const found = organizationsIn(join(path, ORGANIZATIONS_FOLDER), names);
    const organizations = name === own && added !== undefined ? new Set([...found, added]) : found;
    return { name, path, organizations };
  });
  const contested = new Set([...secrets].filter((secret) => holdersOf(secret, platforms).length > 1));
  const manifestOf = ({ name, path }: { name: string; path: string }) => {
    if (name === own) return manifest;
    return readsOthers ? readPlatformFile(path).parsed?.manifest : undefined;
  };
  return {
    own,
    platforms: platforms.map((platform) => {
      const found = manifestOf(platform);
      return {
        name: platform.name,
        manifest: found,
        words: found === undefined && readsOthers ? plainWordsIn(platform.path) : undefined,
        organizations: platform.organizations,
        named: namedBy(platform.path, platform.organizations, contested),
      };
    }),
  };
}

/** The names of the organizations that a secret can belong to by its name, the longest first: `a-b` and `a` for `a-b-c`. */
export function namesThatBegin(secret: string): string[] {
  const parts = secret.split("-");
  return parts.slice(1).map((_, index) => parts.slice(0, parts.length - 1 - index).join("-"));
}

function platformFolders(stacks: string, own: string): string[] {
  const others = readdirSync(stacks).filter((name) => exists(join(stacks, name, PLATFORM_FILE)));
  return [...new Set([own, ...others])].sort();
}

function organizationsIn(folder: string, names: ReadonlySet<string>): ReadonlySet<string> {
  if (names.size <= FEW) return new Set([...names].filter((name) => exists(join(folder, `${name}.yaml`))));
  if (!isFolder(folder)) return new Set();
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  return new Set(files.map((file) => basename(file, ".yaml")));
}

/** Whether the path exists. A dangling link counts too, because its name is taken. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return false;
    throw error;
  }
}

type Found = Pick<RepositoryPlatform, "organizations">;

function holdersOf(secret: string, platforms: readonly Found[]): string[] {
  return namesThatBegin(secret).filter((name) =>
    platforms.some(({ organizations }) => organizations.has(name)),
  );
}

function namedBy(
  folder: string,
  organizations: ReadonlySet<string>,
  contested: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const names = [...contested].flatMap(namesThatBegin).filter((name) => organizations.has(name));
  return new Map([...new Set(names)].map((name) => [name, secretsNamedIn(folder, name, contested)]));
}

/** The secrets that an organization uses. In a file with errors, every secret that its text contains counts. */
function secretsNamedIn(folder: string, name: string, secrets: ReadonlySet<string>): ReadonlySet<string> {
  const file = join(folder, ORGANIZATIONS_FOLDER, `${name}.yaml`);
  const read = readText(file, folder);
  if ("error" in read) return new Set();
  const { manifest } = parseManifest("Organization", read.text, file);
  if (manifest !== undefined) return new Set(secretUses(manifest).map(({ secret }) => secret));
  return new Set([...secrets].filter((secret) => read.text.includes(secret)));
}

/** The secrets that an organization uses; for a file with errors, all words in its text. */
function secretsOrWordsOf(folder: string, organization: string): string[] {
  const { parsed } = readOrganizationFile(folder, organization);
  if (parsed !== undefined) return secretUses(parsed.manifest).map(({ secret }) => secret);
  return wordsIn(folder, join(ORGANIZATIONS_FOLDER, `${organization}.yaml`));
}

function wordsIn(folder: string, file: string): string[] {
  const read = readText(join(folder, file), folder);
  return "error" in read ? [] : (read.text.match(/[a-z0-9]+(-[a-z0-9]+)*/g) ?? []);
}

/** The words in a platform's manifest; undefined if it can't be read, or may write a word in another way. */
function plainWordsIn(folder: string): ReadonlySet<string> | undefined {
  const read = readText(join(folder, PLATFORM_FILE), folder);
  if ("error" in read || read.text.includes("\\")) return undefined;
  return new Set(wordsIn(folder, PLATFORM_FILE));
}
