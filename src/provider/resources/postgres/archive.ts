import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import { type ArchiveFile, type ArchiveFolder, storeArchive } from "../../../archive/archive-store.ts";
import { rowCounts } from "../../../archive/contents.ts";
import { digestOf } from "../../../archive/sealed-file.ts";
import { deriveArchiveKey } from "../../../shared/derive.ts";
import { isReallyInside, isTaken } from "../../../shared/real-path.ts";
import type { Context } from "../../../vendors/connections.ts";
import { dataOf } from "../../../vendors/supabase/client.ts";
import { isPaused, restore } from "../../../vendors/supabase/lifecycle.ts";
import { withNetworkOpen } from "../../../vendors/supabase/network.ts";
import { databasePassword, defineResource } from "../../runtime/schema.ts";
import { cidrsOf, networkSettings } from "../supabase/settings/network.ts";

const archiveInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  name: z.string().describe("The folder below TENANTRY_ARCHIVES: the project's name."),
  workspace: z.string().describe("The workspace's id."),
  organization: z
    .string()
    .describe("The organization's id. The rows are restored only to its own workspaces."),
  databasePassword,
  schemas: z.array(z.string()).min(1).describe("The schemas whose tables are dumped."),
  network: z
    .strictObject({
      during: networkSettings.describe("The network restrictions during the dump."),
      after: networkSettings.describe("The network restrictions before and after it."),
    })
    .optional()
    .describe("Opens the database's network for the dump and closes it afterwards. Default: unchanged."),
});

const archiveOutputs = z.strictObject({
  file: z.string().describe("The file's path below TENANTRY_ARCHIVES."),
  sha256: z.string().describe("The file's SHA-256, in hexadecimal."),
  bytes: z.int().describe("The file's size."),
  takenAt: z.string().describe("The moment of the snapshot, ISO 8601."),
  rows: z.record(z.string(), z.int()).describe("The number of rows by table."),
});

type Inputs = z.infer<typeof archiveInputs>;
type Outputs = z.infer<typeof archiveOutputs>;

export const archive = defineResource({
  type: "postgres:Archive",
  description:
    "A snapshot of a workspace's tables, in a file below TENANTRY_ARCHIVES that is encrypted with a key derived from TENANTRY_ROOT_SECRET. The resource exists once the file was read back and its rows match PostgreSQL's counts. If the latest file already matches the database, it is reused. Files in storage buckets are not included. A paused project is restored for the dump. Removing the resource leaves the file.",
  inputs: archiveInputs,
  outputs: archiveOutputs,
  replaceOn: ["project", "workspace"],
  stable: [],

  /** This machine may have no access to the folder of archives. */
  observe: async (_context, prior) => ({ inputs: prior.inputs, outputs: prior.outputs }),

  async ensure(context, inputs, prior) {
    if (prior !== undefined) return { id: prior.id, outputs: prior.outputs };
    const folder = {
      folder: join(context.archives, inputs.name),
      key: deriveArchiveKey(context.roots.current),
    };
    refuseForeignFolder(folder.folder, context.archives);
    await wake(context, inputs.project);
    context.status(`dumping to ${folder.folder}`);
    const stored = await archived(context, inputs, folder);
    const file = join(inputs.name, stored.name);
    return { id: file, outputs: { file, ...(await outputsOf(join(context.archives, file), stored)) } };
  },

  remove: async () => {},
});

/** Another program that writes to the folder of archives must not redirect the rows to a place outside it. */
function refuseForeignFolder(folder: string, archives: string): void {
  if (!isTaken(folder) || (existsSync(folder) && isReallyInside(folder, archives))) return;
  throw new UserError(`${folder} is a symbolic link that leads out of TENANTRY_ARCHIVES.`, {
    remedy: "Replace the link with a folder, or set TENANTRY_ARCHIVES to the folder that holds the archives.",
  });
}

async function wake(context: Context, ref: string): Promise<void> {
  const { api } = context.supabase;
  const { status } = await dataOf(api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  if (isPaused(status)) await restore(context.supabase, ref, context.signal);
}

async function archived(context: Context, inputs: Inputs, folder: ArchiveFolder): Promise<ArchiveFile> {
  const { project, network } = inputs;
  if (network === undefined) return dumped(context, inputs, folder);
  const lists = { during: cidrsOf(network.during), after: cidrsOf(network.after) };
  return withNetworkOpen(context.supabase, project, lists, context.signal, () =>
    dumped(context, inputs, folder),
  );
}

async function dumped(context: Context, inputs: Inputs, folder: ArchiveFolder): Promise<ArchiveFile> {
  const { name, workspace, organization, schemas } = inputs;
  const database = await context.workspaceDatabase(inputs.project, inputs.databasePassword);
  try {
    const origin = { workspace, organization, project: name };
    return await storeArchive(folder, { database, origin, schemas }, context.status, context.signal);
  } finally {
    await database.close();
  }
}

async function outputsOf(path: string, { contents }: ArchiveFile): Promise<Omit<Outputs, "file">> {
  const { size } = await stat(path);
  const { takenAt } = contents.head;
  return { sha256: await digestOf(path), bytes: size, takenAt, rows: rowCounts(contents) };
}
