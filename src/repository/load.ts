import { join } from "node:path";
import { printable } from "@tenantry/core/printable";
import { maskSecrets } from "../manifest/excerpt.ts";
import { locateFile, locatorOf } from "../manifest/locate.ts";
import { digestOfFile, type Neighbours, readNeighbours, type Texts } from "../manifest/neighbours.ts";
import { MOST_PROBLEMS, moreProblems, type Problem } from "../manifest/problem.ts";
import {
  type ParsedOrganization,
  readOrganizationFile,
  readPlatformFile,
  readPlatformFolder,
} from "../manifest/read.ts";
import { readRepository } from "../manifest/repository.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Model, OrganizationModel, PlatformModel } from "../model/model.ts";
import { resolve, resolveOrganization, resolvePlatform } from "../model/resolve.ts";
import { uniqueValues } from "../model/rules/fleet.ts";

/** The result of reading and resolving; the model is undefined when there are errors. */
export interface Loaded<Result> {
  readonly model: Result | undefined;
  readonly problems: readonly Problem[];
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
  const { platform, organizations, problems } = await readPlatformFolder(folder);
  if (platform === undefined) return { model: undefined, problems };
  const repository = readRepository(folder, platform, organizations);
  const { model, findings } = resolve({ platform, repository, organizations, today });
  return loaded(model, problems, findings);
}

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
  if (platform === undefined) return { model: undefined, problems: read.problems };
  const problems = [...read.problems, ...otherPlatform(platform.manifest.name, platformName, platform.file)];
  const file = name === "platform" ? undefined : readOrganizationFile(folder, name);
  const repository = readRepository(folder, platform, file?.parsed === undefined ? [] : [file.parsed]);
  const above = resolvePlatform({ platform, repository });
  if (file === undefined) {
    return loaded(
      above.model && { platform: above.model, organization: undefined },
      problems,
      above.findings,
    );
  }
  problems.push(...file.problems);
  if (file.parsed === undefined) return loaded<StackModel>(undefined, problems, above.findings);
  const organization = file.parsed;
  const known = checked !== undefined && checked === digestOfFile(organization.file);
  const neighbours = known ? NO_NEIGHBOURS : neighboursOf(folder, organization, texts);
  problems.push(...neighbours.unclear.map((each) => unclearNeighbour(organization.file, each)));
  const below = resolveOrganization({
    platform,
    repository,
    organization,
    neighbours: neighbours.organizations,
    today,
  });
  const model = above.model && below.model && { platform: above.model, organization: below.model };
  return loaded(model, problems, [...above.findings, ...below.findings]);
}

const NO_NEIGHBOURS: Neighbours = { organizations: [], unclear: [] };

function neighboursOf(
  folder: string,
  { file, manifest }: ParsedOrganization,
  texts: Texts | undefined,
): Neighbours {
  const values = uniqueValues(manifest).map((value) => value.texts);
  return readNeighbours(folder, file, values, texts);
}

function unclearNeighbour(file: string, neighbour: string): Problem {
  return {
    severity: "error",
    rule: "neighbour-with-errors",
    ...locateFile(file),
    message: `can't check whether ${neighbour} declares the same domain, address or channel, because it has errors`,
    expected: "a valid file, because it contains a value that must be unique on the platform",
    found: "a file with errors",
    remedy: "correct that file first",
  };
}

function loaded<Result>(
  model: Result | undefined,
  problems: readonly Problem[],
  findings: readonly Diagnostic[],
): Loaded<Result> {
  const all = [...problems, ...placed(findings)];
  return { model: all.some(({ severity }) => severity === "error") ? undefined : model, problems: all };
}

/** Adds the place in the file to each finding. */
function placed(findings: readonly Diagnostic[]): Problem[] {
  const byFile = new Map<string, Diagnostic[]>();
  for (const finding of findings) {
    const ofFile = byFile.get(finding.file);
    if (ofFile) ofFile.push(finding);
    else byFile.set(finding.file, [finding]);
  }
  return [...byFile].flatMap(([file, ofFile]) => {
    const locate = locatorOf(file);
    // Errors come first, so that truncation never hides them behind warnings.
    const sorted = [...ofFile.filter(isError), ...ofFile.filter((finding) => !isError(finding))];
    const shown = sorted.slice(0, MOST_PROBLEMS).map((finding) => problemOf(finding, locate));
    const more = sorted.length - shown.length;
    return more > 0 ? [...shown, { ...moreProblems(more, file), severity: severityOf(sorted) }] : shown;
  });
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function severityOf(findings: readonly Diagnostic[]): Problem["severity"] {
  return findings.some(isError) ? "error" : "warning";
}

/** Text that is quoted from a file is sanitized and its secrets are masked. */
function problemOf(finding: Diagnostic, locate: ReturnType<typeof locatorOf>): Problem {
  const { severity, rule, path, part = "value", message, expected, found, remedy } = finding;
  const clean = (text: string | undefined) => text && maskSecrets(printable(text));
  return {
    severity,
    rule,
    ...locate(path, part),
    message: maskSecrets(printable(message)),
    expected: clean(expected),
    found: clean(found),
    remedy: clean(remedy),
  };
}

/** The stack's name determines the folder, so the platform in it must have that name. */
function otherPlatform(found: string, expected: string, file: string): Problem[] {
  if (found === expected) return [];
  return [
    {
      severity: "error",
      rule: "platform-name",
      ...locatorOf(file)(["name"], "value"),
      message: `the platform in this folder is named \`${found}\``,
      expected: `\`${expected}\`, to match its folder and its stacks`,
      found: `\`${found}\``,
      remedy: "rename the folder, or correct the name",
    },
  ];
}
