import { lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseManifest } from "./parse.ts";
import type { PlatformManifest } from "./platform.ts";
import {
  ORGANIZATIONS_FOLDER,
  type ParsedOrganization,
  type ParsedPlatform,
  PLATFORM_FILE,
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
  const own = basename(folder);
  const listed = Object.entries(manifest.secrets ?? {});
  const uses = [manifest, ...organizations.map((organization) => organization.manifest)].flatMap(secretUses);
  const secrets = new Set([...uses.map(({ secret }) => secret), ...listed.map(([secret]) => secret)]);
  const names = new Set([
    ...[...secrets].flatMap(namesThatBegin),
    ...listed.flatMap(([, listing]) => listing.organizations),
  ]);
  const platforms = platformFolders(dirname(folder), own).map((name) => {
    const path = join(dirname(folder), name);
    return { name, path, organizations: organizationsIn(join(path, ORGANIZATIONS_FOLDER), names) };
  });
  const contested = new Set([...secrets].filter((secret) => holdersOf(secret, platforms).length > 1));
  const manifestOf = ({ name, path }: { name: string; path: string }) => {
    if (name === own) return manifest;
    return listed.length === 0 ? undefined : readPlatformFile(path).parsed?.manifest;
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
  if ("problem" in read) return new Set();
  const { manifest } = parseManifest("Organization", read.text, file);
  if (manifest !== undefined) return new Set(secretUses(manifest).map(({ secret }) => secret));
  return new Set([...secrets].filter((secret) => read.text.includes(secret)));
}
