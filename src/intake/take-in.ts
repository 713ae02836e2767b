import { randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../core/errors.ts";
import { isLink, isReallyInside, isTaken } from "../core/real-path.ts";
import type { OrganizationManifest } from "../manifest/organization.ts";
import { parseManifest } from "../manifest/parse.ts";
import { renderProblem } from "../manifest/problem.ts";
import {
  ORGANIZATIONS_FOLDER,
  type ParsedOrganization,
  type ParsedPlatform,
  readPlatformFolder,
} from "../manifest/read.ts";
import { readRepository } from "../manifest/repository.ts";
import { resolve } from "../model/resolve.ts";
import { type Additions, importAdditions, newManifest, requestedAdditions } from "./additions.ts";
import type { AppRows } from "./app-rows.ts";
import { addTo, NotEditable } from "./splice.ts";

/** What became of one organization's manifest. */
export interface TakenIn {
  /** As `agntdata.acme`. */
  readonly stack: string;
  readonly file: string;
  readonly outcome: "written" | "unchanged" | "refused";
  /** What was added, as `workspace spike`. */
  readonly added: readonly string[];
  readonly left: Additions["left"];
  /** Why it was refused: what the manifest would have been wrong in. */
  readonly problems: readonly string[];
}

/** A manifest as it is, and as it is to be. */
interface Draft {
  readonly rows: AppRows;
  readonly file: string;
  /** Null where the organization is new. */
  readonly before: string | null;
  readonly after: string;
  readonly added: readonly string[];
  readonly left: Additions["left"];
  readonly problems: readonly string[];
}

export interface TakeInOptions {
  /** Whether people, apps and cron jobs come too, and not only what was asked for. */
  readonly everything: boolean;
  /** `2026-11-22` */
  readonly today: string;
}

/**
 * Writes what the product made into a platform's manifests: new files for new organizations, added lines in the others. A
 * manifest that would have an error isn't written. Running it again writes nothing.
 *
 * @param folder the platform's, as `stacks/agntdata`; its manifests have no errors
 */
export async function takeIn(
  folder: string,
  organizations: readonly AppRows[],
  options: TakeInOptions,
): Promise<TakenIn[]> {
  refuseForeignFolder(folder);
  const { platform, organizations: declared } = await readPlatformFolder(folder);
  if (platform === undefined) throw new Error(`${folder} has no platform, though it was read before`);
  const drafts = organizations.map((rows) => draft(folder, platform, rows, options.everything));
  const refused = refusals(folder, platform, declared, drafts, options.today);
  return drafts.map((each) => {
    const { file, before, after, added, left } = each;
    const stack = `${platform.manifest.name}.${each.rows.name}`;
    const problems = [...each.problems, ...(refused.get(file) ?? [])];
    if (problems.length > 0) return { stack, file, outcome: "refused", added: [], left, problems };
    if (after === before) return { stack, file, outcome: "unchanged", added: [], left, problems };
    write(file, before, after);
    return { stack, file, outcome: "written", added, left, problems };
  });
}

function draft(folder: string, platform: ParsedPlatform, rows: AppRows, everything: boolean): Draft {
  const file = join(folder, ORGANIZATIONS_FOLDER, `${rows.name}.yaml`);
  if (isLink(file))
    return {
      ...unwritten(rows, file, null),
      problems: [
        `${basename(file)} is a symbolic link, and nothing is written through one: put the file itself there`,
      ],
    };
  const before = textOf(file);
  if (before === null && rows.managed_by === "manifest")
    return {
      ...unwritten(rows, file, before),
      problems: [`${basename(file)} is gone, and it declared the organization`],
    };
  let after = before ?? linesOf(newManifest(rows, platform.manifest.defaultPlan));
  const added: string[] = before === null ? [`organization ${rows.name}`] : [];
  const left: Additions["left"][number][] = [];
  try {
    for (const find of everything ? [requestedAdditions, importAdditions] : [requestedAdditions]) {
      const found = find(rows, parsed(after, file));
      for (const { path, key, value } of found.additions) after = addTo(after, path, key, value);
      added.push(...found.additions.map(({ what }) => what));
      left.push(...found.left);
    }
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error;
    const problem = `\`${error.message}\` is written in a way that can't be added to: write it out`;
    return { ...unwritten(rows, file, before), problems: [problem] };
  }
  return { rows, file, before, after, added, left, problems: [] };
}

function unwritten(rows: AppRows, file: string, before: string | null) {
  return { rows, file, before, after: before ?? "", added: [], left: [] };
}

function linesOf(head: ReturnType<typeof newManifest>): string {
  const [first, ...others] = Object.entries(head);
  return others.reduce((text, [key, value]) => addTo(text, [], key, value), `${first?.join(": ")}\n`);
}

function parsed(text: string, file: string): OrganizationManifest {
  const { manifest, problems } = parseManifest("Organization", text, file);
  if (manifest === undefined)
    throw new Error(`${file} has errors: ${problems.map(renderProblem).join("\n")}`);
  return manifest;
}

/** By file, the errors that manifests would have with what was added. */
function refusals(
  folder: string,
  platform: ParsedPlatform,
  declared: readonly ParsedOrganization[],
  drafts: readonly Draft[],
  today: string,
): Map<string, string[]> {
  const files = new Set(drafts.map(({ file }) => file));
  const written = drafts
    .filter(({ problems }) => problems.length === 0)
    .map(({ file, after }) => ({ file, manifest: parsed(after, file) }));
  const others = declared.filter(({ file }) => !files.has(file));
  const all = [...others, ...written];
  const repository = readRepository(folder, platform, all);
  const { findings } = resolve({ platform, repository, organizations: all, today });
  const refused = new Map<string, string[]>();
  for (const { severity, file, message, remedy } of findings)
    if (severity === "error") refused.set(file, [...(refused.get(file) ?? []), `${message}: ${remedy}`]);
  return refused;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** At once and as a whole; what somebody wrote into the file meanwhile is never lost. */
function write(file: string, before: string | null, after: string): void {
  mkdirSync(dirname(file), { recursive: true });
  // What begins with a dot is no manifest.
  const scratch = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    writeFileSync(scratch, after);
    if (textOf(file) !== before) throw changedMeanwhile(file);
    if (before === null) linkSync(scratch, file);
    else renameSync(scratch, file);
  } finally {
    rmSync(scratch, { force: true });
  }
}

/** Files are written where the path says, and nowhere else. */
function refuseForeignFolder(folder: string): void {
  const orgs = join(folder, ORGANIZATIONS_FOLDER);
  if (!isTaken(orgs) || (existsSync(orgs) && isReallyInside(orgs, folder))) return;
  throw new UserError(`${orgs} leads out of the platform's folder, and nothing is written there`, {
    remedy: "Put the folder itself there.",
  });
}

function changedMeanwhile(file: string): UserError {
  return new UserError(`${file} was changed while it was added to`, { remedy: "Run it again." });
}
