import { join } from "node:path";
import { printable } from "./core/printable.ts";
import { maskSecrets } from "./manifest/excerpt.ts";
import { locateFile, locatorOf } from "./manifest/locate.ts";
import { digestOfFile, type Neighbours, readNeighbours, type Texts } from "./manifest/neighbours.ts";
import { MOST_PROBLEMS, moreProblems, type Problem } from "./manifest/problem.ts";
import {
  type ParsedOrganization,
  readOrganizationFile,
  readPlatformFile,
  readPlatformFolder,
} from "./manifest/read.ts";
import { readRepository } from "./manifest/repository.ts";
import type { Finding } from "./model/finding.ts";
import type { Model, OrganizationModel, PlatformModel } from "./model/model.ts";
import { resolve, resolveOrganization, resolvePlatform } from "./model/resolve.ts";
import { uniqueValues } from "./model/rules/fleet.ts";

/** What came of reading and resolving: undefined when any problem is an error. */
export interface Loaded<Result> {
  readonly model: Result | undefined;
  readonly problems: readonly Problem[];
}

/** What a stack is about: a platform, and on an organization's stack that organization. */
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
  /** The digest of the organization's file with which its unique values were compared with all others a moment ago. */
  readonly checked?: string | undefined;
  /** Texts that were read a moment ago, where several stacks are loaded. */
  readonly texts?: Texts | undefined;
}

/**
 * Reads and resolves what one stack needs: `agntdata.platform` the platform's file, `agntdata.acme` that and the
 * organization's. Of other files it reads whether they declare what must be unique, or may use the same secrets.
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
    message: `whether ${neighbour} declares the same domain, address or channel can't be told: it has errors`,
    expected: "a file without errors, as it contains a value that must be unique on the platform",
    found: "a file with errors",
    remedy: "correct that file first",
  };
}

function loaded<Result>(
  model: Result | undefined,
  problems: readonly Problem[],
  findings: readonly Finding[],
): Loaded<Result> {
  const all = [...problems, ...placed(findings)];
  return { model: all.some(({ severity }) => severity === "error") ? undefined : model, problems: all };
}

/** Findings with the lines that they are about, file by file. */
function placed(findings: readonly Finding[]): Problem[] {
  const byFile = new Map<string, Finding[]>();
  for (const finding of findings) {
    const ofFile = byFile.get(finding.file);
    if (ofFile) ofFile.push(finding);
    else byFile.set(finding.file, [finding]);
  }
  return [...byFile].flatMap(([file, ofFile]) => {
    const locate = locatorOf(file);
    // Errors first, so that what is cut off is never the one thing that is wrong.
    const sorted = [...ofFile.filter(isError), ...ofFile.filter((finding) => !isError(finding))];
    const shown = sorted.slice(0, MOST_PROBLEMS).map((finding) => problemOf(finding, locate));
    const more = sorted.length - shown.length;
    return more > 0 ? [...shown, { ...moreProblems(more, file), severity: severityOf(sorted) }] : shown;
  });
}

function isError({ severity }: Finding): boolean {
  return severity === "error";
}

function severityOf(findings: readonly Finding[]): Problem["severity"] {
  return findings.some(isError) ? "error" : "warning";
}

/** What a finding quotes from the file is cleaned, as everything that is shown is. */
function problemOf(finding: Finding, locate: ReturnType<typeof locatorOf>): Problem {
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

/** The folder is found by the stack's name, so a platform of another name in it would be taken for this one. */
function otherPlatform(found: string, expected: string, file: string): Problem[] {
  if (found === expected) return [];
  return [
    {
      severity: "error",
      rule: "platform-name",
      ...locatorOf(file)(["name"], "value"),
      message: `the platform in this folder is called \`${found}\``,
      expected: `\`${expected}\`, as its folder and its stacks are called`,
      found: `\`${found}\``,
      remedy: "rename the folder, or correct the name",
    },
  ];
}
