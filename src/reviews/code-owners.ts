import { UserError } from "@tenantry/core/errors";
import type { PlatformManifest } from "../manifest/platform.ts";
import type { OrganizationModel } from "../model/model.ts";

/** A person who reviews what concerns a whole platform. */
export type Maintainer = NonNullable<PlatformManifest["maintainers"]>[number];

/** A platform with its reviewers. */
export interface OwnedPlatform {
  /** The path of its folder in the repository, with `/`, such as `stacks/agntdata`. */
  readonly path: string;
  readonly maintainers: readonly Maintainer[];
  readonly organizations: readonly OrganizationModel[];
}

const BEGIN =
  "# tenantry codeowners: begin. Written by `tenantry codeowners` from the manifests. Don't edit it.";
const END = "# tenantry codeowners: end";

/** GitHub ignores a larger file. */
const MOST_BYTES = 3 * 1024 * 1024;

/**
 * The lines of CODEOWNERS for some platforms. The last matching line counts, so that an organization's file follows its platform's folder.
 *
 * @param code paths of code that all platforms use, with `/` at the end of a folder
 * @see https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
 */
export function ownerLines(
  platforms: readonly OwnedPlatform[],
  code: readonly string[],
  file: string,
): string[] {
  const everyone = logins(platforms.flatMap(({ maintainers }) => maintainers.map(({ github }) => github)));
  const shared = [...code.map((path) => line(path, everyone)), line(file, everyone)];
  const own = platforms.flatMap(({ path, maintainers, organizations }) => {
    const folder = line(`${path}/`, logins(maintainers.map(({ github }) => github)));
    const files = organizations.flatMap((organization) => {
      const reviewers = reviewersOf(maintainers, organization);
      return reviewers.length === 0 ? [] : [line(`${path}/orgs/${organization.name}.yaml`, reviewers)];
    });
    return [folder, ...files];
  });
  return [...shared, ...own].filter((each) => each !== undefined);
}

/** The logins of an organization's owner and admins. */
function reviewersOf(maintainers: readonly Maintainer[], { members, owner }: OrganizationModel): string[] {
  const admins = Object.values(members).filter(({ role }) => role !== "member");
  const ofOwner = maintainers
    .filter(({ email }) => email.toLowerCase() === owner)
    .map(({ github }) => github);
  return logins([...ofOwner, ...admins.flatMap(({ github }) => github ?? [])]);
}

/** Sorted, each once: GitHub's logins don't depend on case. */
function logins(all: readonly string[]): string[] {
  return [...new Map(all.map((login) => [login.toLowerCase(), login])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, login]) => `@${login}`);
}

function line(path: string, owners: readonly string[]): string | undefined {
  return owners.length === 0 ? undefined : `${pattern(path)} ${owners.join(" ")}`;
}

/**
 * The pattern for one path. A space is escaped. GitHub can't escape `#` or use `[ ]` and `!`, and `*`, `?` and `\` have a meaning, so `?`
 * stands for each of them: it matches any character.
 */
function pattern(path: string): string {
  const escaped = path.replace(/[#![\]*\\\p{Cc}]/gu, "?").replaceAll(" ", "\\ ");
  return `/${escaped}`;
}

/**
 * The text of CODEOWNERS with new lines in tenantry's block. The rest stays as people wrote it. The block comes last, because later
 * lines count.
 *
 * @throws UserError for a block without its end, or two of them
 */
export function withBlock(text: string, lines: readonly string[], file: string): string {
  const block = [BEGIN, ...lines, END].join("\n");
  const rows = text.split("\n");
  const begins = placesOf(rows, "# tenantry codeowners: begin");
  const ends = placesOf(rows, END);
  const [[begin], [end]] = [begins, ends];
  if (begin === undefined && end === undefined) {
    const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    return limited(`${before}${before === "" ? "" : "\n"}${block}\n`, file);
  }
  const isOne = begins.length === 1 && ends.length === 1;
  if (begin === undefined || end === undefined || !isOne || begin > end)
    throw new UserError(`${file} doesn't have exactly one block of tenantry's, with its begin and its end`, {
      remedy: "Delete the lines that begin with `# tenantry codeowners:`, and run the command again.",
    });
  return limited([...rows.slice(0, begin), block, ...rows.slice(end + 1)].join("\n"), file);
}

function placesOf(rows: readonly string[], mark: string): number[] {
  return rows.flatMap((row, index) => (row.startsWith(mark) ? [index] : []));
}

function limited(text: string, file: string): string {
  if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  throw new UserError(`${file} would have more than 3 MB, and GitHub ignores such a file`, {
    remedy: "Remove `github` from organizations whose people don't review pull requests.",
  });
}
