import { resolve } from "node:path";
import type { Command } from "commander";
import { type Contents, rowsOf } from "../../archive/contents.ts";
import { deriveArchiveKey } from "../../core/derive.ts";
import { UserError } from "../../core/errors.ts";
import { suggest } from "../../core/suggest.ts";
import type { OrganizationModel, WorkspaceModel } from "../../model/model.ts";
import type { Context } from "../../provider/context.ts";
import { addJsonOption, addSandboxOption, type JsonOption, type SandboxOption } from "../options.ts";
import { count } from "../render/values.ts";
import type { Session } from "../session.ts";
import { loadTargets, withVendors } from "./vendors.ts";

/** What `tenantry restore --json` prints. */
interface RestoreDocument {
  readonly ok: true;
  readonly workspace: string;
  /** ISO 8601: the moment that the archive is of. */
  readonly takenAt: string;
  /** The archive's rows by table; those that were there already stayed as they are. */
  readonly rows: Readonly<Record<string, number>>;
}

interface RestoreOptions extends JsonOption, SandboxOption {}

export function addRestore(program: Command, session: Session): void {
  const command = program
    .command("restore")
    .description("put the rows of an archive into a running workspace: all of them, or none")
    .argument("<file>", "an archive, as it is below TENANTRY_ARCHIVES")
    .argument("<workspace>", "where to, as agntdata.acme/production");
  addSandboxOption(addJsonOption(command)).action((file: string, into: string, options: RestoreOptions) =>
    restore(session, file, into, options),
  );
}

async function restore(session: Session, file: string, into: string, options: RestoreOptions): Promise<void> {
  const [stack = "", name = ""] = into.split("/");
  const { loaded, ok } = await loadTargets(session, [stack], "nothing was restored");
  if (!ok) return;
  const workspace = activeWorkspace(
    stack,
    loaded.flatMap(({ organizations }) => organizations),
    name,
  );
  await withVendors(session, loaded, options.sandbox, async (context) => {
    const restored = await restoreInto(context, workspace, resolve(session.io.cwd, file));
    const { takenAt } = restored.head;
    const rows = rowsOf(restored);
    if (options.json === true)
      session.printJson({ ok: true, workspace: into, takenAt, rows } satisfies RestoreDocument);
    else {
      session.print(`${into} has what the archive of ${takenAt} holds:`);
      for (const [table, number] of Object.entries(rows))
        session.print(`  ${table}: ${count(number, "row")}`);
    }
  });
}

function activeWorkspace(
  stack: string,
  [organization, ...others]: readonly OrganizationModel[],
  name: string,
): WorkspaceModel {
  if (organization === undefined || others.length > 0)
    throw new UserError(`${stack} is no single organization's stack.`, {
      remedy: "Name a workspace, as agntdata.acme/production.",
    });
  const workspace = Object.values(organization.workspaces).find((each) => each.name === name);
  if (workspace?.state === "active") return workspace;
  if (workspace !== undefined)
    throw new UserError(`The workspace ${name} of ${stack} is ${workspace.state}.`, {
      remedy: "Set `state: active`, or declare its next generation, and bring it up first.",
    });
  const meant = suggest(name, Object.keys(organization.workspaces));
  throw new UserError(`${stack} has no workspace ${name}.`, {
    remedy: meant === undefined ? `Write it as ${stack}/<workspace>.` : `Did you mean ${stack}/${meant}?`,
  });
}

async function restoreInto(
  context: Context,
  { id, project }: WorkspaceModel,
  file: string,
): Promise<Contents> {
  const { readSealed } = await import("../../archive/sealed-file.ts");
  const { restore } = await import("../../archive/restore.ts");
  const { findProject } = await import("../../supabase/projects.ts");
  const found = await findProject(context.supabase, project.organization, project.name);
  if (found === undefined)
    throw new UserError(`There is no project ${project.name} yet.`, {
      remedy: "Bring the workspace up first.",
    });
  const database = await context.workspaceDatabase(found.ref, { id, generation: 1 });
  try {
    return await database.transaction((query) =>
      readSealed(file, deriveArchiveKey(context.root), (lines) => restore(query, id, lines)),
    );
  } finally {
    await database.close();
  }
}
