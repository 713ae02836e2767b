import { join } from "node:path";
import { type Diagnostic, errorAt, fileError, isError, limitDiagnostics } from "../manifest/diagnostic.ts";
import { locatorOf } from "../manifest/locate.ts";
import {
  digestOfFile,
  filesThatMention,
  type Neighbours,
  readNeighbours,
  type Texts,
} from "../manifest/neighbours.ts";
import {
  type ParsedOrganization,
  readOrganizationFile,
  readPlatformFile,
  readPlatformFolder,
} from "../manifest/read.ts";
import { readRepository } from "../manifest/repository.ts";
import type { Model, OrganizationModel, PlatformModel } from "../model/model.ts";
import { firstNameOf } from "../model/organization.ts";
import { resolveOrganization, resolveParts, resolvePlatform, type SoundParts } from "../model/resolve.ts";
import { previousNameTexts } from "../model/rules/previous-names.ts";
import { uniqueValues } from "../model/rules/unique-values.ts";

/** The result of reading and resolving; the model is undefined when there are errors. */
export interface Loaded<Result> {
  readonly model: Result | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The model of a stack: the platform and, for an organization's stack, the organization. */
export interface StackModel {
  readonly platform: PlatformModel;
  /** Undefined on the platform's own stack. */
  readonly organization: OrganizationModel | undefined;
}

/**
 * Reads a platform's folder and resolves it with all of its organizations.
 *
 * @param today `2026-11-22`
 */
export async function loadPlatform(folder: string, today: string): Promise<Loaded<Model>> {
  const { platform, organizations, diagnostics } = await loadSoundParts(folder, today);
  const isSound = platform !== undefined && !diagnostics.some(isError);
  return { model: isSound ? { platform, organizations } : undefined, diagnostics };
}

/**
 * The same as `loadPlatform`, but an error in one organization's file leaves out only that organization.
 *
 * Two files that declare the same unique value are both left out, because the files don't tell which was first. So is a file with a
 * value that a file with errors mentions, because that file may declare it. A file whose text can't be read stops no other one: the
 * control plane's tables refuse a value that is declared twice.
 *
 * @param today `2026-11-22`
 */
export async function loadSoundParts(folder: string, today: string): Promise<SoundParts> {
  const { platform, organizations, unclear, diagnostics: ofFiles } = await readPlatformFolder(folder);
  if (platform === undefined) return { platform: undefined, organizations: [], diagnostics: ofFiles };
  const repository = readRepository(folder, platform, organizations);
  const ofNeighbours = unclear.length === 0 ? [] : unclearNeighbours(folder, organizations, unclear);
  const ofFolder = [...ofFiles, ...ofNeighbours];
  const wrong = new Set(ofFolder.filter(isError).map(({ file }) => file));
  const resolved = resolveParts({ platform, repository, organizations, today }, wrong);
  return { ...resolved, diagnostics: withLimits(ofFolder, resolved.diagnostics) };
}

function unclearNeighbours(
  folder: string,
  organizations: readonly ParsedOrganization[],
  unclear: readonly string[],
): Diagnostic[] {
  const texts: Texts = new Map();
  return organizations.flatMap(({ file, manifest }) => {
    const values = uniqueValues(manifest).map((value) => value.texts);
    return filesThatMention(folder, unclear, values, texts).map((each) => unclearNeighbour(file, each));
  });
}

/** Results of earlier work that `loadStack` can reuse. */
export interface LoadStackOptions {
  /** The digest of the organization's file whose unique values were already compared with all others. */
  readonly checked?: string | undefined;
  /** Texts that were already read for another stack. */
  readonly texts?: Texts | undefined;
}

/**
 * Reads and resolves the files of one stack: the platform's for `agntdata.platform`, also the organization's for
 * `agntdata.acme`. It reads other files only for values that must be unique and for secrets that they may share.
 *
 * @param stacks the folder that holds a folder for each platform
 * @param today `2026-11-22`
 */
export function loadStack(
  stacks: string,
  stack: string,
  today: string,
  { checked, texts }: LoadStackOptions = {},
): Loaded<StackModel> {
  const [platformName = "", name = ""] = stack.split(".");
  const folder = join(stacks, platformName);
  const read = readPlatformFile(folder);
  const platform = read.parsed;
  if (platform === undefined) return { model: undefined, diagnostics: read.diagnostics };
  const diagnostics = [
    ...read.diagnostics,
    ...otherPlatform(platform.manifest.name, platformName, platform.file),
  ];
  const file = name === "platform" ? undefined : readOrganizationFile(folder, name);
  const repository = readRepository(folder, platform, file?.parsed === undefined ? [] : [file.parsed]);
  const above = resolvePlatform({ platform, repository, today });
  if (file === undefined) {
    return loaded(
      above.model && { platform: above.model, organization: undefined },
      diagnostics,
      above.diagnostics,
    );
  }
  diagnostics.push(...file.diagnostics);
  if (file.parsed === undefined) return loaded<StackModel>(undefined, diagnostics, above.diagnostics);
  const organization = file.parsed;
  const known = checked !== undefined && checked === digestOfFile(organization.file);
  const neighbours = known ? NO_NEIGHBOURS : neighboursOf(folder, organization, texts);
  diagnostics.push(...neighbours.unclear.map((each) => unclearNeighbour(organization.file, each)));
  const below = resolveOrganization({
    platform,
    repository,
    organization,
    neighbours: neighbours.organizations,
    today,
  });
  const model = above.model && below.model && { platform: above.model, organization: below.model };
  return loaded(model, diagnostics, [...above.diagnostics, ...below.diagnostics]);
}

const NO_NEIGHBOURS: Neighbours = { organizations: [], unclear: [] };

function neighboursOf(
  folder: string,
  { file, manifest }: ParsedOrganization,
  texts: Texts | undefined,
): Neighbours {
  const values = uniqueValues(manifest).map((value) => value.texts);
  const { organizations, unclear } = readNeighbours(
    folder,
    file,
    [...values, previousNameTexts(manifest)],
    texts,
  );
  const holder = holderOfFirstName(folder, manifest);
  return {
    organizations: [
      ...organizations.filter((each) => each.file !== holder?.file),
      ...(holder ? [holder] : []),
    ],
    unclear,
  };
}

/** Another organization whose name is the first one of a renamed organization. */
function holderOfFirstName(
  folder: string,
  manifest: ParsedOrganization["manifest"],
): ParsedOrganization | undefined {
  const first = firstNameOf(manifest);
  return first === manifest.name ? undefined : readOrganizationFile(folder, first).parsed;
}

function unclearNeighbour(file: string, neighbour: string): Diagnostic {
  return fileError("neighbour-with-errors", file, {
    message: `can't check whether ${neighbour} declares the same domain, address or channel, because it has errors`,
    expected: "a valid file, because it contains a value that must be unique on the platform",
    found: "a file with errors",
    remedy: "correct that file first",
  });
}

function loaded<Result>(
  model: Result | undefined,
  ofFiles: readonly Diagnostic[],
  ofRules: readonly Diagnostic[],
): Loaded<Result> {
  const all = withLimits(ofFiles, ofRules);
  return { model: all.some(isError) ? undefined : model, diagnostics: all };
}

function withLimits(ofFiles: readonly Diagnostic[], ofRules: readonly Diagnostic[]): readonly Diagnostic[] {
  const byFile = new Map<string, Diagnostic[]>();
  for (const diagnostic of ofRules) {
    const others = byFile.get(diagnostic.file);
    if (others === undefined) byFile.set(diagnostic.file, [diagnostic]);
    else others.push(diagnostic);
  }
  const limited = [...byFile].flatMap(([file, diagnostics]) => limitDiagnostics(diagnostics, file));
  return [...ofFiles, ...limited];
}

/** The stack's name determines the folder, so the platform in it must have that name. */
function otherPlatform(found: string, expected: string, file: string): Diagnostic[] {
  if (found === expected) return [];
  return [
    errorAt("platform-name", locatorOf(file)(["name"], "value"), {
      message: `the platform in this folder is named \`${found}\``,
      expected: `\`${expected}\`, to match its folder and its stacks`,
      found: `\`${found}\``,
      remedy: "rename the folder, or correct the name",
    }),
  ];
}
