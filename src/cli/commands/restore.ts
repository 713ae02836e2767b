import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "@tenantry/core/errors";
import type { Command } from "commander";
import type { Contents } from "../../archive/contents.ts";
import { originOf, relationOf, type Target } from "../../archive/owner.ts";
import type { LoadedSelection } from "../../fleet/load.ts";
import type { OrganizationModel, SecurityModel, WorkspaceModel } from "../../model/model.ts";
import { everyWorkspaceId } from "../../model/organization.ts";
import { type ArchiveKey, deriveArchiveKey } from "../../shared/derive.ts";
import { count } from "../../shared/format.ts";
import { suggest } from "../../shared/suggest.ts";
import type { Context } from "../../vendors/connections.ts";
import type { Database, Query } from "../../vendors/postgres/database.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption } from "../options.ts";
import type { Io, Session } from "../session.ts";
import { confirmChanges, requireConsent } from "./up.ts";
import { loadTargets, withVendors } from "./vendors.ts";

/** The output of `tenantry restore --json`. */
interface RestoreDocument {
  readonly ok: true;
  readonly workspace: string;
  /** The id of the archived workspace. */
  readonly archiveOf: string;
  /** When the archive was created (ISO 8601). */
  readonly takenAt: string;
  /** The number of restorable rows in the archive, by table. Access and settings are never restored. */
  readonly rows: Readonly<Record<string, number>>;
  /** The number of rows that were written, by table, because the workspace didn't have them. */
  readonly written: Readonly<Record<string, number>>;
}

interface RestoreOptions extends JsonOption, SandboxOption {
  readonly fromAnotherWorkspace?: boolean;
  readonly yes?: boolean;
}

/** An archive that was read to its end and whose seal is valid. */
interface Archive {
  readonly file: string;
  readonly keys: readonly ArchiveKey[];
  readonly contents: Contents;
}

export function addRestore(program: Command, session: Session): void {
  const command = program
    .command("restore")
    .description("Restore the rows of an archive into a running workspace, in one transaction")
    .argument("<file>", "Archive file from the TENANTRY_ARCHIVES folder")
    .argument("<workspace>", "Target workspace, such as agntdata.acme/production");
  addSandboxOption(addJsonOption(command))
    .option(
      "--from-another-workspace",
      "Allow an archive of another workspace, or of an earlier generation, of the same organization; shows the rows and asks for confirmation",
    )
    .option("-y, --yes", "Skip the confirmation prompt")
    .action((file: string, into: string, options: RestoreOptions) => restore(session, file, into, options));
}

async function restore(session: Session, file: string, into: string, options: RestoreOptions): Promise<void> {
  const [stack = "", name = ""] = into.split("/");
  const { loaded, ok } = await loadTargets(session, [stack], "nothing was restored");
  if (!ok) return;
  const organization = onlyOrganization(
    stack,
    loaded.flatMap(({ organizations }) => organizations),
  );
  const workspace = activeWorkspace(organization, name);
  const target: Target = {
    path: into,
    workspace: workspace.id,
    organization: organization.id,
    siblings: everyWorkspaceId(organization),
  };
  await withVendors(session, loaded, options.sandbox, async (context) => {
    const archive = await openArchive(context, archivePath(session.io, file));
    const relation = relationOf(archive.contents.head, target);
    if (relation === "sibling" && options.fromAnotherWorkspace !== true)
      throw otherWorkspace(archive, target);
    const security = securityOf(loaded);
    const ref = await refOf(context, workspace);
    if (relation === "sibling" && !(await agreedTo(session, options, context, archive, target, ref))) {
      session.exitCode = 1;
      return;
    }
    await withDatabase(context, ref, workspace, security, (database) =>
      write(session, options, archive, target, database),
    );
  });
}

/** The path of an archive, relative to the current folder. If there is no such file, relative to the archives' folder. */
function archivePath({ cwd, env }: Io, file: string): string {
  const here = resolve(cwd, file);
  if (existsSync(here) || !env.TENANTRY_ARCHIVES) return here;
  const among = resolve(cwd, env.TENANTRY_ARCHIVES, file);
  return existsSync(among) ? among : here;
}

function securityOf(loaded: readonly LoadedSelection[]): SecurityModel {
  const model = loaded[0]?.platformModel;
  if (model === undefined) throw new Error("an organization was loaded without its platform");
  return model.security;
}

function onlyOrganization(
  stack: string,
  [organization, ...others]: readonly OrganizationModel[],
): OrganizationModel {
  if (organization !== undefined && others.length === 0) return organization;
  throw new UserError(`${stack} isn't the stack of a single organization.`, {
    remedy: "Name a workspace, such as agntdata.acme/production.",
  });
}

function activeWorkspace({ stack, workspaces }: OrganizationModel, name: string): WorkspaceModel {
  const workspace = Object.values(workspaces).find((each) => each.name === name);
  if (workspace?.state === "active") return workspace;
  if (workspace !== undefined)
    throw new UserError(`The workspace ${name} of ${stack} is ${workspace.state}.`, {
      remedy: "Set `state: active`, or declare its next generation, then run tenantry up first.",
    });
  const meant = suggest(name, Object.keys(workspaces));
  throw new UserError(`${stack} has no workspace ${name}.`, {
    remedy: meant === undefined ? `Use the form ${stack}/<workspace>.` : `Did you mean ${stack}/${meant}?`,
  });
}

/** Reads the whole file, because its header can be trusted only once the seal at its end is verified. */
async function openArchive(context: Context, file: string): Promise<Archive> {
  const { readSealed } = await import("../../archive/sealed-file.ts");
  const { verified } = await import("../../archive/verify.ts");
  const keys = context.roots.all.map(deriveArchiveKey);
  return { file, keys, contents: await readSealed(file, keys, (lines) => verified(lines)) };
}

async function refOf({ supabase }: Context, { project }: WorkspaceModel): Promise<string> {
  const { findProject } = await import("../../vendors/supabase/projects.ts");
  const found = await findProject(supabase, project.organization, project.name);
  if (found !== undefined) return found.ref;
  throw new UserError(`There is no project ${project.name} yet.`, {
    remedy: "Create the workspace with tenantry up first.",
  });
}

/** Runs the work on the workspace's database, which is open to the platform's own networks during the work. */
async function withDatabase(
  { supabase, signal, workspaceDatabase }: Context,
  ref: string,
  { id }: WorkspaceModel,
  { network }: SecurityModel,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const { withNetworkOpen } = await import("../../vendors/supabase/network.ts");
  const lists = { during: network.controlPlane, after: network.workspaces };
  await withNetworkOpen(supabase, ref, lists, signal, async () => {
    const database = await workspaceDatabase(ref, { id, generation: 1 });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  });
}

function otherWorkspace({ contents }: Archive, { path }: Target): UserError {
  return new UserError(
    `The archive isn't restored into ${path}: it was created from another workspace of the organization or from an earlier generation: ${originOf(contents.head)}.`,
    {
      remedy:
        "To restore its rows into this workspace, add --from-another-workspace. You see the row counts by table and confirm.",
    },
  );
}

/** Counts the present rows through the Management API, because a connection needs a change of the network's restrictions. */
async function agreedTo(
  session: Session,
  options: RestoreOptions,
  { supabase, signal }: Context,
  { contents }: Archive,
  { path }: Target,
  ref: string,
): Promise<boolean> {
  const { presentRows, restorableRows } = await import("../../archive/restore.ts");
  const { query } = await import("../../vendors/supabase/query.ts");
  const look: Query = async <Row extends object>(sql: string, parameters: readonly unknown[] = []) =>
    (await query(supabase, ref, sql, { readOnly: true, parameters })) as readonly Row[];
  const present = await presentRows(look, contents);
  session.log(`The archive was created from ${originOf(contents.head)} at ${contents.head.takenAt}.`);
  session.log(`These rows would be added to ${path}:`);
  for (const [table, rows] of Object.entries(restorableRows(contents)))
    session.log(`  ${table}: ${count(rows, "row")} (it has ${present[table] ?? 0})`);
  session.log("Members and settings are never restored.");
  requireConsent(session, options, "restore", "Check the rows above, then run the command again with --yes.");
  return confirmChanges(session, options, `Restore these rows into ${path}?`, signal);
}

async function write(
  session: Session,
  options: RestoreOptions,
  { file, keys, contents }: Archive,
  { path, workspace }: Target,
  database: Database,
): Promise<void> {
  const { readSealed } = await import("../../archive/sealed-file.ts");
  const { restorableRows, restore: restoreRows } = await import("../../archive/restore.ts");
  const written = await database.transaction((query) =>
    readSealed(file, keys, (lines) => restoreRows(query, workspace, contents, lines)),
  );
  const { takenAt, workspace: archiveOf } = contents.head;
  const rows = restorableRows(contents);
  if (options.json === true) {
    const document: RestoreDocument = { ok: true, workspace: path, archiveOf, takenAt, rows, written };
    session.printJson(document);
    return;
  }
  session.print(`${path} now has the rows of the archive of ${takenAt}:`);
  for (const [table, number] of Object.entries(rows)) {
    const kept = number - (written[table] ?? 0);
    const note = kept === 0 ? "" : ` (${kept} already there)`;
    session.print(`  ${table}: ${count(number, "row")}${note}`);
  }
}
