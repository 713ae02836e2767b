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
import { secretUses } from "./secret-uses.ts";
import { isFolder, readText } from "./text.ts";

/** All platforms of a repository, as far as they decide who may use a set of secrets. */
export interface Repository {
  /** The platform that is asked about, by its folder's name. */
  readonly own: string;
  readonly platforms: readonly RepositoryPlatform[];
}

interface RepositoryPlatform {
  /** Its folder's name. */
  readonly name: string;
  /** Undefined where its file has errors. Another platform's is read only where its claims could matter. */
  readonly manifest: PlatformManifest | undefined;
  /** Those organizations that have a file, of all whose names begin a secret's name or are listed for a secret. */
  readonly organizations: ReadonlySet<string>;
  /** The secrets that some of them name: those whose names begin a secret of an organization with a longer name. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Up to this many names are looked for one by one; more are found faster by listing the folder. */
const FEW = 200;

/**
 * Looks up what decides who may use the secrets that manifests name: the platforms, and which organizations have a file. No
 * organization is parsed, except where the names of two begin the name of one secret.
 *
 * @param folder the platform's; the repository's other platforms are beside it
 * @param organizations those of the platform that are asked about
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

/** What the other organizations of a repository could lose to one that is new. */
export interface Surroundings {
  readonly before: Repository;
  /** With a file for the new one. */
  readonly after: Repository;
  /** The secrets that begin with its name and that a manifest names or lists. Of a file that has errors, its text decides. */
  readonly secrets: ReadonlySet<string>;
  /** The platforms of which the manifest has errors and names such secrets. */
  readonly unclear: readonly string[];
}

/**
 * Looks up the secrets whose names begin with that of an organization that a platform doesn't have yet. Only the platforms
 * are parsed, and the few organizations to which such secrets can belong.
 *
 * @param folder the platform's; the repository's other platforms are beside it
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
 * @param readsOthers whether the other platforms' manifests are parsed too, for what they list
 * @param added an organization of the platform that counts as if it had a file
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
    platforms: platforms.map((platform) => ({
      name: platform.name,
      manifest: manifestOf(platform),
      organizations: platform.organizations,
      named: namedBy(platform.path, platform.organizations, contested),
    })),
  };
}

/** The names of organizations to which a secret of this name can belong, the longest first: `a-b` and `a` for `a-b-c`. */
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

/** A link that leads nowhere counts too: its name is taken. */
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

/** Of a file that has errors, the secrets that are anywhere in its text. */
function secretsNamedIn(folder: string, name: string, secrets: ReadonlySet<string>): ReadonlySet<string> {
  const file = join(folder, ORGANIZATIONS_FOLDER, `${name}.yaml`);
  const read = readText(file, folder);
  if ("error" in read) return new Set();
  const { manifest } = parseManifest("Organization", read.text, file);
  if (manifest !== undefined) return new Set(secretUses(manifest).map(({ secret }) => secret));
  return new Set([...secrets].filter((secret) => read.text.includes(secret)));
}

/** The secrets that an organization's manifest names; of one that has errors, all words of its text. */
function secretsOrWordsOf(folder: string, organization: string): string[] {
  const { parsed } = readOrganizationFile(folder, organization);
  if (parsed !== undefined) return secretUses(parsed.manifest).map(({ secret }) => secret);
  return wordsIn(folder, join(ORGANIZATIONS_FOLDER, `${organization}.yaml`));
}

function wordsIn(folder: string, file: string): string[] {
  const read = readText(join(folder, file), folder);
  return "error" in read ? [] : (read.text.match(/[a-z0-9]+(-[a-z0-9]+)*/g) ?? []);
}
