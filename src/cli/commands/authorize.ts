import { realpathSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Command } from "commander";
import { findTargets, type Selection, stacksOf } from "../../fleet/targets.ts";
import { isError, renderDiagnostic } from "../../manifest/diagnostic.ts";
import { readPlatformFolder } from "../../manifest/read.ts";
import { type Approval, authorize, type ChangedPlatform } from "../../reviews/authorize.ts";
import { Revision } from "../../revisions/revision.ts";
import { listNames, quotedPath } from "../../shared/list-names.ts";
import { addJsonOption, type JsonOption } from "../options.ts";
import type { Session } from "../session.ts";

interface AuthorizeOptions extends JsonOption {
  readonly actor: string;
  /** `true` if the option has no value. */
  readonly approvedBy?: readonly string[] | true;
  readonly since: string;
}

/** The output of `tenantry authorize --json`. */
export interface AuthorizeDocument {
  /** Whether everything that needs an approval has one. */
  readonly ok: boolean;
  /** The commit whose maintainers count. */
  readonly base: string;
  readonly approvals: readonly Approval[];
}

export function addAuthorize(program: Command, session: Session): void {
  const command = program
    .command("authorize")
    .description(
      "Check that maintainers have approved the exceptions, consents and guards of a pull request, without any credentials",
    )
    .requiredOption("--actor <login>", "The GitHub login of the author of the pull request")
    .option("--approved-by [logins...]", "The GitHub logins of the reviewers who approved its head commit")
    .option("--since <ref>", "The base: its maintainers count, and what differs is checked", "origin/main");
  addJsonOption(command).action((options: AuthorizeOptions) => run(session, options));
}

async function run(session: Session, options: AuthorizeOptions): Promise<void> {
  const { io } = session;
  const reviewers = options.approvedBy === undefined || options.approvedBy === true ? [] : options.approvedBy;
  const people = {
    actor: loginOf(options.actor),
    reviewers: reviewers
      .flatMap((each) => each.split(","))
      .filter((each) => each !== "")
      .map(loginOf),
  };
  const selections = findTargets([], io);
  const start = await Revision.mergeBase(options.since, io.cwd, io.env);
  const tip = await Revision.at(options.since, io.cwd, io.env);
  const platforms: ChangedPlatform[] = [];
  for (const { folder } of selections)
    platforms.push({ path: await start.targetOf(folder), read: await readPlatformFolder(folder) });
  const problems = platforms.flatMap(({ read }) => read.diagnostics).filter(isError);
  if (problems.length > 0) {
    for (const problem of problems) session.log(`${renderDiagnostic(problem.relativeTo(io.cwd))}\n`);
    throw new UserError("The change can't be authorized, because its manifests have errors", {
      remedy: "Correct the files above.",
    });
  }
  const approvals = await authorize(
    { head: await Revision.at("HEAD", io.cwd, io.env), stacks: placesOfStacks(selections, start), platforms },
    {
      start: { revision: start, stacks: await stacksOf(start, io) },
      tip: { revision: tip, stacks: await stacksOf(tip, io) },
    },
    people,
  );
  const ok = approvals.every(({ problem }) => problem === null);
  session.exitCode = ok ? 0 : 1;
  if (options.json === true)
    return session.printJson({ ok, base: tip.commit, approvals } satisfies AuthorizeDocument);
  for (const approval of approvals) session.print(rendered(approval));
  if (approvals.length === 0) session.print("Nothing in this change needs an approval.");
}

/** The folder of all platforms, with and without links resolved. */
function placesOfStacks(selections: readonly Selection[], revision: Revision): string[] {
  const folders = new Set(selections.map(({ folder }) => dirname(folder)));
  return [...folders]
    .flatMap((folder) => [folder, realpathSync.native(folder)])
    .map((path) => revision.pathOf(path));
}

function loginOf(given: string): string {
  return given.trim().replace(/^@/, "");
}

function rendered({ file, what, approvedBy, accepted, problem }: Approval): string {
  const named = approvedBy === null ? "" : ` (approved by ${approvedBy})`;
  const subject = `${quotedPath(file)}: ${what}${named}`;
  if (problem === null) return `approved      ${subject}`;
  const who = accepted.length === 0 ? "" : `. Needed: a review by ${listNames(accepted)}`;
  return `not approved  ${subject}: ${problem}${who}`;
}
