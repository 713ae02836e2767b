import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@tenantry/core/errors";
import * as z from "zod";
import { type ArchiveFile, type ArchiveFolder, storeArchive } from "../../../archive/archive-store.ts";
import { rowsOf } from "../../../archive/contents.ts";
import { digestOf } from "../../../archive/sealed-file.ts";
import { deriveArchiveKey } from "../../../shared/derive.ts";
import { isReallyInside, isTaken } from "../../../shared/real-path.ts";
import type { Context } from "../../../vendors/connections.ts";
import { answer } from "../../../vendors/supabase/client.ts";
import { isPaused, restore } from "../../../vendors/supabase/lifecycle.ts";
import { withNetworkOpen } from "../../../vendors/supabase/network.ts";
import { databasePassword, defineResource } from "../../runtime/schema.ts";
import { cidrsOf, networkSettings } from "../supabase/settings/network.ts";

const archiveInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  name: z.string().describe("The folder below TENANTRY_ARCHIVES, as the project's name."),
  workspace: z.string().describe("The workspace's id."),
  organization: z.string().describe("The organization's id: no other one's workspaces get the rows."),
  databasePassword,
  schemas: z.array(z.string()).min(1).describe("The schemas whose tables are dumped."),
  network: z
    .strictObject({
      during: networkSettings.describe("Who reaches the database while it is dumped."),
      after: networkSettings.describe("Who reaches it otherwise."),
    })
    .optional()
    .describe(
      "The database is opened for the dump, and closed after it. Left as it is where this is absent.",
    ),
});

const archiveOutputs = z.strictObject({
  file: z.string().describe("Below TENANTRY_ARCHIVES."),
  sha256: z.string().describe("Of the file, in hexadecimal."),
  bytes: z.int().describe("The file's size."),
  takenAt: z.string().describe("ISO 8601: the file holds what there was at this moment."),
  rows: z.record(z.string(), z.int()).describe("By table."),
});

type Inputs = z.infer<typeof archiveInputs>;
type Outputs = z.infer<typeof archiveOutputs>;

export const archive = defineResource({
  type: "postgres:Archive",
  description:
    "A dump of a workspace's tables at one moment, in a file below TENANTRY_ARCHIVES, sealed with a key that is an HMAC of TENANTRY_ROOT_SECRET. It exists once the file was read back and agrees with what PostgreSQL counted; where the latest file there holds just what the database does, it is that one. Objects of the storage buckets are not in it. A paused project is restored for it. Removing it leaves the file.",
  inputs: archiveInputs,
  outputs: archiveOutputs,
  replaceOn: ["project", "workspace"],
  stable: [],

  /** The file is the storage's to keep, which this machine may not even see. */
  observe: async (_context, prior) => ({ inputs: prior.inputs, outputs: prior.outputs }),

  async ensure(context, inputs, prior) {
    if (prior !== undefined) return { id: prior.id, outputs: prior.outputs };
    const shelf = {
      folder: join(context.archives, inputs.name),
      key: deriveArchiveKey(context.roots.current),
    };
    refuseForeignFolder(shelf.folder, context.archives);
    await wake(context, inputs.project);
    context.status(`dumping to ${shelf.folder}`);
    const kept = await archived(context, inputs, shelf);
    const file = join(inputs.name, kept.name);
    return { id: file, outputs: { file, ...(await outputsOf(join(context.archives, file), kept)) } };
  },

  remove: async () => {},
});

/** Whoever else writes below the archives' folder doesn't decide where the rows go. */
function refuseForeignFolder(folder: string, archives: string): void {
  if (!isTaken(folder) || (existsSync(folder) && isReallyInside(folder, archives))) return;
  throw new UserError(`${folder} leads out of TENANTRY_ARCHIVES by a symbolic link.`, {
    remedy: "Put the folder itself there, or set TENANTRY_ARCHIVES to where the archives really are.",
  });
}

async function wake(context: Context, ref: string): Promise<void> {
  const { api } = context.supabase;
  const { status } = await answer(api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  if (isPaused(status)) await restore(context.supabase, ref, context.signal);
}

async function archived(context: Context, inputs: Inputs, shelf: ArchiveFolder): Promise<ArchiveFile> {
  const { project, network } = inputs;
  if (network === undefined) return dumped(context, inputs, shelf);
  const lists = { during: cidrsOf(network.during), after: cidrsOf(network.after) };
  return withNetworkOpen(context.supabase, project, lists, context.signal, () =>
    dumped(context, inputs, shelf),
  );
}

async function dumped(context: Context, inputs: Inputs, shelf: ArchiveFolder): Promise<ArchiveFile> {
  const { name, workspace, organization, schemas } = inputs;
  const database = await context.workspaceDatabase(inputs.project, inputs.databasePassword);
  try {
    const origin = { workspace, organization, project: name };
    return await storeArchive(shelf, { database, origin, schemas }, context.status, context.signal);
  } finally {
    await database.close();
  }
}

async function outputsOf(path: string, { contents }: ArchiveFile): Promise<Omit<Outputs, "file">> {
  const { size } = await stat(path);
  const { takenAt } = contents.head;
  return { sha256: await digestOf(path), bytes: size, takenAt, rows: rowsOf(contents) };
}
