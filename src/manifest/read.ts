import { readdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isReallyInside, isTaken } from "../shared/real-path.ts";
import { type Diagnostic, errorAt, fileError } from "./diagnostic.ts";
import type { Kind, ManifestOf } from "./kinds.ts";
import { locatorOf, type Path } from "./locate.ts";
import { parseManifest } from "./parse.ts";
import { isFolder, readText } from "./read-text.ts";

/** A manifest and its file. Neither the text nor the syntax tree is kept. */
interface Parsed<K extends Kind> {
  readonly file: string;
  readonly manifest: ManifestOf[K];
  /** Where the file ends, if it could have been longer. Empty if it is closed. */
  readonly openEnd?: Path;
}

export type ParsedPlatform = Parsed<"Platform">;
export type ParsedOrganization = Parsed<"Organization">;

/** The result of reading a file: the manifest, or undefined if it has errors, and all diagnostics. */
export interface ReadResult<K extends Kind> {
  readonly parsed: Parsed<K> | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface PlatformFolder {
  readonly platform: ParsedPlatform | undefined;
  /** The organizations without errors, sorted by file name. */
  readonly organizations: readonly ParsedOrganization[];
  /** The organizations' files that can't be read or parsed, so that it is unknown what they declare. */
  readonly unclear: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export const PLATFORM_FILE = "platform.yaml";
export const ORGANIZATIONS_FOLDER = "orgs";

/** Reads a platform's folder, `platform.yaml` and `orgs/*.yaml`. A user's mistake is a diagnostic and never throws. */
export async function readPlatformFolder(folder: string): Promise<PlatformFolder> {
  const platform = readPlatformFile(folder);
  if (isFolder(folder) && !staysInside(folder))
    return { platform: undefined, organizations: [], unclear: [], diagnostics: platform.diagnostics };
  const listing = await listOrganizations(folder);
  const organizations: ParsedOrganization[] = [];
  const unclear: string[] = [];
  const diagnostics: Diagnostic[] = [
    ...platform.diagnostics,
    ...(await unexpectedEntries(folder)),
    ...listing.diagnostics,
  ];
  for (const [index, file] of listing.files.entries()) {
    // Reading and parsing are synchronous. Yield from time to time, so that timers and signals are handled.
    if (index % 200 === 199) await setImmediate();
    const result = readManifestFile("Organization", file, folder);
    if (result.parsed) organizations.push(result.parsed);
    else unclear.push(file);
    diagnostics.push(...result.diagnostics);
  }
  diagnostics.push(...misnamed(organizations));
  return { platform: platform.parsed, organizations, unclear, diagnostics };
}

/**
 * The organization to which a file belongs by its name, also with a misspelled extension; undefined for anything else in a platform's
 * folder.
 */
export function organizationOfFile(folder: string, file: string): string | undefined {
  if (dirname(file) !== join(folder, ORGANIZATIONS_FOLDER)) return undefined;
  return /^(.+)\.ya?ml$/i.exec(basename(file))?.[1];
}

/** Reads a platform's own manifest, without its organizations. */
export function readPlatformFile(folder: string): ReadResult<"Platform"> {
  if (!isFolder(folder)) return { parsed: undefined, diagnostics: [noFolder(folder)] };
  if (!staysInside(folder)) return { parsed: undefined, diagnostics: [foreignFolder(folder)] };
  return readManifestFile("Platform", join(folder, PLATFORM_FILE), folder);
}

/** Reads one organization of a platform, by its name. */
export function readOrganizationFile(folder: string, name: string): ReadResult<"Organization"> {
  const file = join(folder, ORGANIZATIONS_FOLDER, `${name}.yaml`);
  const { parsed, diagnostics } = readManifestFile("Organization", file, folder);
  return { parsed, diagnostics: [...diagnostics, ...misnamed(parsed ? [parsed] : [])] };
}

function readManifestFile<K extends Kind>(kind: K, file: string, folder: string): ReadResult<K> {
  const read = readText(file, folder);
  if ("error" in read) return { parsed: undefined, diagnostics: [read.error] };
  const { manifest, openEnd, diagnostics } = parseManifest(kind, read.text, file);
  return { parsed: manifest === undefined ? undefined : { file, manifest, openEnd }, diagnostics };
}

/** Reports everything in a platform's folder that isn't read. */
export async function strayEntries(folder: string): Promise<Diagnostic[]> {
  return [...(await unexpectedEntries(folder)), ...(await listOrganizations(folder)).diagnostics];
}

/** Reports what isn't read: it may be a manifest, or the folder of all of them, with a wrong name. */
async function unexpectedEntries(folder: string): Promise<Diagnostic[]> {
  if (!isFolder(folder)) return [];
  const names = (await readdir(folder)).sort();
  return (
    names
      .filter((name) => name !== PLATFORM_FILE && name !== ORGANIZATIONS_FOLDER && !ignored(name))
      // Other folders can hold files that `orgs/` links to.
      .filter((name) => name.toLowerCase() === ORGANIZATIONS_FOLDER || !isFolder(join(folder, name)))
      .map((name) => unexpected(join(folder, name)))
  );
}

async function listOrganizations(folder: string): Promise<{ files: string[]; diagnostics: Diagnostic[] }> {
  const orgs = join(folder, ORGANIZATIONS_FOLDER);
  if (!isTaken(orgs)) return { files: [], diagnostics: [] };
  if (!isFolder(orgs)) return { files: [], diagnostics: [noOrganizationsFolder(orgs)] };
  if (!isReallyInside(orgs, folder)) return { files: [], diagnostics: [foreignFolder(orgs)] };
  const names = (await readdir(orgs)).sort();
  const files = names.filter((name) => name.endsWith(".yaml")).map((name) => join(orgs, name));
  const strays = names
    .filter((name) => !name.endsWith(".yaml") && !ignored(name))
    .map((name) => join(orgs, name));
  return { files, diagnostics: strays.map(stray) };
}

/**
 * The names of the manifests in `orgs/`. Empty if a link leads out of the platform's folder.
 */
export function organizationFiles(folder: string): string[] {
  const orgs = join(folder, ORGANIZATIONS_FOLDER);
  if (!isFolder(orgs) || !staysInside(folder) || !isReallyInside(orgs, folder)) return [];
  return readdirSync(orgs).filter((name) => name.endsWith(".yaml"));
}

/**
 * Whether a platform's folder, and the folder of all platforms, are really inside their parent folder. A link to a sibling is
 * allowed.
 */
function staysInside(folder: string): boolean {
  const stacks = dirname(folder);
  return (
    isReallyInside(folder, stacks) && (stacks === dirname(stacks) || isReallyInside(stacks, dirname(stacks)))
  );
}

/** Files that people keep next to manifests. Others are reported, because they may be manifests with a wrong name. */
export function ignored(name: string): boolean {
  return name.startsWith(".") || name.endsWith("~") || /\.(md|txt)$/i.test(name);
}

function stray(file: string): Diagnostic {
  const name = basename(file);
  return fileError("stray-file", file, {
    message: `\`${name}\` is ignored: it isn't the name of an organization's manifest`,
    expected: "`orgs/<organization>.yaml`, directly in `orgs/`",
    found: `\`${name}\``,
    remedy: /\.(yml|YAML|YML)$/.test(name)
      ? `rename it to \`${name.replace(/\.[^.]+$/, ".yaml")}\``
      : "move it elsewhere, or rename it",
  });
}

function unexpected(path: string): Diagnostic {
  const name = basename(path);
  const expected = [PLATFORM_FILE, ORGANIZATIONS_FOLDER].find(
    (each) => each === name.toLowerCase().replace(/\.yml$/, ".yaml"),
  );
  const isManifest = /\.ya?ml$/i.test(name);
  return fileError("stray-file", path, {
    message: `\`${name}\` isn't read: it is neither a platform's manifest nor the folder of its organizations`,
    expected: `\`${PLATFORM_FILE}\` and \`${ORGANIZATIONS_FOLDER}/\``,
    found: `\`${name}\``,
    remedy:
      expected !== undefined
        ? `rename it to \`${expected}\``
        : isManifest
          ? `move an organization's manifest to \`${ORGANIZATIONS_FOLDER}/\`, or remove the file`
          : "move it elsewhere",
  });
}

/** Reports manifests whose file has a different name. This also excludes two files for one organization. */
function misnamed(organizations: readonly ParsedOrganization[]): Diagnostic[] {
  const names = new Map<string, string>();
  for (const { file, manifest } of organizations) {
    if (nameOf(file) === manifest.name) names.set(manifest.name, file);
  }
  return organizations.flatMap(({ file, manifest }) => {
    if (nameOf(file) === manifest.name) return [];
    const other = names.get(manifest.name);
    names.set(manifest.name, other ?? file);
    return [other === undefined ? wrongName(file, manifest.name) : duplicate(file, manifest.name, other)];
  });
}

function wrongName(file: string, name: string): Diagnostic {
  return errorAt("file-name", locatorOf(file)(["name"], "value"), {
    message: `the file \`${basename(file)}\` declares the organization \`${name}\``,
    expected: `\`name: ${nameOf(file)}\`, to match the file name`,
    found: `\`${name}\``,
    remedy: `rename the file to \`${name}.yaml\`, or correct the name`,
  });
}

function duplicate(file: string, name: string, other: string): Diagnostic {
  return errorAt("duplicate-organization", locatorOf(file)(["name"], "value"), {
    message: `the organization \`${name}\` is declared twice`,
    expected: "one file for each organization",
    found: `${other} declares it too`,
    remedy: "delete one of the two files, or rename this organization",
  });
}

function nameOf(file: string): string {
  return basename(file, ".yaml");
}

function foreignFolder(folder: string): Diagnostic {
  return fileError("foreign-folder", folder, {
    message: `a link leads out of ${basename(dirname(folder))}, so its target isn't read`,
    expected: "real folders, or links to a neighbour",
    found: "a symbolic link to another place",
    remedy:
      "move the folder here; to read platforms from elsewhere, set TENANTRY_STACKS to the real path of their folder",
  });
}

function noOrganizationsFolder(orgs: string): Diagnostic {
  return fileError("regular-file", orgs, {
    message: `\`${ORGANIZATIONS_FOLDER}\` isn't a folder`,
    expected: "a folder with a manifest for each organization",
    found: "a file, or a broken link",
    remedy: "rename or remove it",
  });
}

function noFolder(folder: string): Diagnostic {
  return fileError("no-folder", folder, {
    message: `there is no folder ${folder}`,
    expected: "a platform's folder with `platform.yaml` and `orgs/`",
    found: "no folder",
    remedy: "name a platform's folder, such as stacks/agntdata",
  });
}
