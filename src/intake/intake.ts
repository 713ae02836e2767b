import { randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "@tenantry/core/errors";
import { valueAt } from "@tenantry/core/property-path";
import { type Diagnostic, isError, renderDiagnostic } from "../manifest/diagnostic.ts";
import type { Path } from "../manifest/locate.ts";
import type { OrganizationManifest } from "../manifest/organization.ts";
import { parseManifest } from "../manifest/parse.ts";
import {
  ORGANIZATIONS_FOLDER,
  type ParsedOrganization,
  type ParsedPlatform,
  readPlatformFolder,
} from "../manifest/read.ts";
import { readRepository } from "../manifest/repository.ts";
import { resolve } from "../model/resolve.ts";
import { isLink, isReallyInside, isTaken } from "../shared/real-path.ts";
import {
  type Addition,
  type Additions,
  importAdditions,
  newManifest,
  requestedAdditions,
} from "./additions.ts";
import type { AppRows } from "./app-rows.ts";
import { secretConflict } from "./secret-conflict.ts";
import { additionError, additionsWithErrors, type Skipped, schemaErrorAt, skip, without } from "./skipped.ts";
import { addTo, NotEditable } from "./yaml-insert.ts";

/** The result for one organization's manifest. */
export interface IntakeResult {
  /** The stack: `agntdata.acme`. */
  readonly stack: string;
  readonly file: string;
  readonly outcome: "written" | "unchanged" | "refused";
  /** Descriptions of the added entries: `workspace spike`. */
  readonly added: readonly string[];
  readonly left: Additions["left"];
  /** Rows that can't be written to a manifest. */
  readonly skipped: readonly Skipped[];
  /** The reasons for `refused`: errors that the manifest would have. */
  readonly problems: readonly string[];
}

/** The current and the new text of a manifest. */
interface Draft {
  readonly rows: AppRows;
  readonly file: string;
  /** Null for a new organization. */
  readonly before: string | null;
  readonly after: string;
  readonly added: readonly string[];
  /** The additions in `after`, with their places. */
  readonly additions: readonly PlacedAddition[];
  readonly left: Additions["left"];
  readonly skipped: readonly Skipped[];
  readonly problems: readonly string[];
}

type PlacedAddition = Addition & { readonly place: Path };

export interface IntakeOptions {
  /** Whether to include members, invitations, apps and cron jobs, and not only requests. */
  readonly everything: boolean;
  /** `2026-11-22` */
  readonly today: string;
}

/**
 * Writes rows that the app manages to a platform's manifests: new files for new organizations, added lines in the others. A
 * manifest that would have an error isn't written. Running it again writes nothing.
 *
 * @param folder the platform's folder, for example `stacks/agntdata`. Its manifests must have no errors
 */
export async function runIntake(
  folder: string,
  organizations: readonly AppRows[],
  options: IntakeOptions,
): Promise<IntakeResult[]> {
  refuseForeignFolder(folder);
  const { platform, organizations: declared } = await readPlatformFolder(folder);
  if (platform === undefined) throw new Error(`${folder} no longer has a platform manifest`);
  const judge = (drafts: readonly Draft[]) => errorsByFile(folder, platform, declared, drafts, options.today);
  let drafts = organizations.map((rows) => draft(folder, platform, rows, [], options.everything));
  let errors = judge(drafts);
  // Each round leaves out the additions that caused errors in the previous round.
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const better = drafts.map((each) => {
      const more = additionsWithErrors(each.additions, errors.get(each.file) ?? []);
      return more.length === 0
        ? each
        : draft(folder, platform, each.rows, [...each.skipped, ...more], options.everything);
    });
    if (better.every((each, index) => each === drafts[index])) break;
    drafts = better;
    errors = judge(drafts);
  }
  return drafts.map((each) => {
    const { file, before, after, added, left, skipped } = each;
    const stack = `${platform.manifest.name}.${each.rows.name}`;
    const found = (errors.get(file) ?? []).map(({ message, remedy }) => `${message}: ${remedy}`);
    const problems = [...each.problems, ...found];
    const result = { stack, file, left, skipped, problems };
    if (problems.length > 0) return { ...result, outcome: "refused", added: [] };
    if (after === before) return { ...result, outcome: "unchanged", added: [] };
    write(file, before, after);
    return { ...result, outcome: "written", added };
  });
}

/** Enough for errors that appear only after others are removed: a workspace, its contents, and references to it. */
const MOST_ROUNDS = 4;

function draft(
  folder: string,
  platform: ParsedPlatform,
  rows: AppRows,
  skippedBefore: readonly Skipped[],
  everything: boolean,
): Draft {
  const unnamed = schemaErrorAt({ name: rows.name }, ["name"]);
  const file = join(folder, ORGANIZATIONS_FOLDER, `${rows.name}.yaml`);
  if (unnamed !== undefined) return unwritten(rows, file, null, `the name of the organization: ${unnamed}`);
  if (isLink(file))
    return unwritten(
      rows,
      file,
      null,
      `${basename(file)} is a symbolic link, and intake doesn't write through links: replace it with the file itself`,
    );
  const before = textOf(file);
  if (before === null && rows.managed_by === "manifest")
    return unwritten(
      rows,
      file,
      before,
      `${basename(file)}, which declared the organization, is missing: restore it from git`,
    );
  const head = newManifest(rows);
  const dispute = before === null ? secretConflict(folder, platform, rows.name) : undefined;
  if (dispute !== undefined) return unwritten(rows, file, before, dispute);
  const wrong = before === null ? schemaErrorAt(head, []) : undefined;
  if (wrong !== undefined)
    return unwritten(
      rows,
      file,
      before,
      `${wrong}: correct it in the product, or the rows of public.organizations and public.members in the control plane`,
    );
  try {
    return filled(before ?? linesOf(head), file, before, rows, skippedBefore, everything);
  } catch (error) {
    if (!(error instanceof NotEditable)) throw error;
    const problem = `intake can't add to \`${error.message}\` because it is an alias or not a map or list: write it out in full`;
    return unwritten(rows, file, before, problem);
  }
}

/** The manifest's text with all valid additions. */
function filled(
  text: string,
  file: string,
  before: string | null,
  rows: AppRows,
  skippedBefore: readonly Skipped[],
  everything: boolean,
): Draft {
  let after = text;
  const added: string[] = before === null ? [`organization ${rows.name}`] : [];
  const additions: PlacedAddition[] = [];
  const left: Additions["left"][number][] = [];
  const skipped = [...skippedBefore];
  for (const find of everything ? [requestedAdditions, importAdditions] : [requestedAdditions]) {
    const names = () => new Set(skipped.map(({ what }) => what));
    const invalid = find(without(rows, names()).rows, parsed(after, file)).additions.flatMap((each) => {
      const reason = additionError(each);
      return reason === undefined ? [] : [skip(each, reason)];
    });
    skipped.push(...invalid);
    const manifest = parsed(after, file);
    const found = find(without(rows, names()).rows, manifest);
    for (const addition of found.additions) {
      const { path, key, value } = addition;
      after = addTo(after, path, key, value);
      additions.push({
        ...addition,
        place: [...path, key ?? positionOf(addition, manifest, found.additions)],
      });
    }
    added.push(...found.additions.map(({ what }) => what));
    left.push(...found.left);
  }
  const { along } = everything ? without(rows, new Set(skipped.map(({ what }) => what))) : { along: [] };
  const known = new Set(skipped.map(({ what }) => what));
  return {
    rows,
    file,
    before,
    after,
    added,
    additions,
    left,
    skipped: [...skipped, ...along.filter(({ what }) => !known.has(what))],
    problems: [],
  };
}

/** The index of a new item in its list. */
function positionOf(item: Addition, manifest: OrganizationManifest, all: readonly Addition[]): number {
  const list = valueAt(manifest, item.path);
  const before = all.slice(0, all.indexOf(item)).filter(({ path }) => isDeepStrictEqual(path, item.path));
  return (Array.isArray(list) ? list.length : 0) + before.length;
}

function unwritten(rows: AppRows, file: string, before: string | null, problem: string): Draft {
  const nothing = { added: [], additions: [], left: [], skipped: [] };
  return { rows, file, before, after: before ?? "", ...nothing, problems: [problem] };
}

function linesOf(head: ReturnType<typeof newManifest>): string {
  const [first, ...others] = Object.entries(head);
  return others.reduce((text, [key, value]) => addTo(text, [], key, value), `${first?.join(": ")}\n`);
}

function parsed(text: string, file: string): OrganizationManifest {
  const { manifest, diagnostics } = parseManifest("Organization", text, file);
  if (manifest === undefined)
    throw new Error(`${file} has errors: ${diagnostics.map(renderDiagnostic).join("\n")}`);
  return manifest;
}

/** The errors that the manifests would have with the additions, by file. */
function errorsByFile(
  folder: string,
  platform: ParsedPlatform,
  declared: readonly ParsedOrganization[],
  drafts: readonly Draft[],
  today: string,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const files = new Set(drafts.map(({ file }) => file));
  const written = drafts
    .filter(({ problems }) => problems.length === 0)
    .map(({ file, after }) => ({ file, manifest: parsed(after, file) }));
  const others = declared.filter(({ file }) => !files.has(file));
  const all = [...others, ...written];
  const repository = readRepository(folder, platform, all);
  const { diagnostics } = resolve({ platform, repository, organizations: all, today });
  const errors = new Map<string, Diagnostic[]>();
  for (const error of diagnostics.filter(isError))
    errors.set(error.file, [...(errors.get(error.file) ?? []), error]);
  return errors;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Replaces a file atomically. Refuses if somebody changed the file meanwhile. */
function write(file: string, before: string | null, after: string): void {
  mkdirSync(dirname(file), { recursive: true });
  // A file that starts with a dot isn't read as a manifest.
  const scratch = join(dirname(file), `.${basename(file)}.${randomUUID()}`);
  try {
    writeFileSync(scratch, after);
    if (textOf(file) !== before) throw changedMeanwhile(file);
    if (before === null) linkSync(scratch, file);
    else renameSync(scratch, file);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST" ? changedMeanwhile(file) : error;
  } finally {
    rmSync(scratch, { force: true });
  }
}

/** Files must not be written to a place outside the platform's folder. */
function refuseForeignFolder(folder: string): void {
  const orgs = join(folder, ORGANIZATIONS_FOLDER);
  if (!isTaken(orgs) || (existsSync(orgs) && isReallyInside(orgs, folder))) return;
  throw new UserError(
    `${orgs} is a symbolic link that leads out of the platform's folder. Nothing was written.`,
    {
      remedy: "Replace the link with a folder.",
    },
  );
}

function changedMeanwhile(file: string): UserError {
  return new UserError(
    `${file} was changed by another program while it was being edited. It wasn't written.`,
    {
      remedy: "Run the command again.",
    },
  );
}
