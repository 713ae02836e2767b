import { join } from "node:path";
import { maskSecrets, printable } from "./manifest/excerpt.ts";
import { locateInFile } from "./manifest/locate.ts";
import type { Problem } from "./manifest/problem.ts";
import { readOrganizationFile, readPlatformFile, readPlatformFolder } from "./manifest/read.ts";
import type { Finding } from "./model/finding.ts";
import type { Model, OrganizationModel, PlatformModel } from "./model/model.ts";
import { resolve, resolveOrganization, resolvePlatform } from "./model/resolve.ts";

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
  const { model, findings } = resolve({ platform, organizations, today });
  return loaded(model, problems, findings);
}

/**
 * Reads and resolves what one stack needs and nothing else: `agntdata.platform` the platform's file, `agntdata.acme` that
 * and the organization's.
 *
 * @param stacks the folder that holds a folder for each platform
 * @param today `2026-11-22`
 */
export function loadStack(stacks: string, stack: string, today: string): Loaded<StackModel> {
  const [platformName = "", name = ""] = stack.split(".");
  const folder = join(stacks, platformName);
  const read = readPlatformFile(folder);
  const platform = read.parsed;
  if (platform === undefined) return { model: undefined, problems: read.problems };
  const problems = [...read.problems, ...otherPlatform(platform.manifest.name, platformName, platform.file)];
  const above = resolvePlatform({ platform });
  if (name === "platform") {
    return loaded(
      above.model && { platform: above.model, organization: undefined },
      problems,
      above.findings,
    );
  }
  const file = readOrganizationFile(folder, name);
  problems.push(...file.problems);
  if (file.parsed === undefined) return loaded<StackModel>(undefined, problems, above.findings);
  const below = resolveOrganization({ platform, organization: file.parsed, today });
  const model = above.model && below.model && { platform: above.model, organization: below.model };
  return loaded(model, problems, [...above.findings, ...below.findings]);
}

function loaded<Result>(
  model: Result | undefined,
  problems: readonly Problem[],
  findings: readonly Finding[],
): Loaded<Result> {
  const all = [...problems, ...findings.map(placed)];
  return { model: all.some(({ severity }) => severity === "error") ? undefined : model, problems: all };
}

/** A finding with the line that it is about. What it quotes from the file is cleaned as everything that is shown is. */
function placed({ severity, rule, file, path, part = "value", ...words }: Finding): Problem {
  const { message, expected, found, remedy } = words;
  const clean = (text: string | undefined) => text && maskSecrets(printable(text));
  return {
    severity,
    rule,
    ...locateInFile(file, path, part),
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
      ...locateInFile(file, ["name"], "value"),
      message: `the platform in this folder is called \`${found}\``,
      expected: `\`${expected}\`, as its folder and its stacks are called`,
      found: `\`${found}\``,
      remedy: "rename the folder, or correct the name",
    },
  ];
}
