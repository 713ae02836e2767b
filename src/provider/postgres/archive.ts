import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { dump } from "../../archive/dump.ts";
import { digestOf, readSealed, writeSealed } from "../../archive/sealed-file.ts";
import { verified } from "../../archive/verify.ts";
import { deriveArchiveKey } from "../../core/derive.ts";
import type { Secret } from "../../core/secret.ts";
import { answer } from "../../supabase/client.ts";
import { isPaused, restore } from "../../supabase/life.ts";
import type { Context } from "../context.ts";
import { databasePassword, defineResource } from "../schema.ts";

const archiveInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  name: z.string().describe("The folder below TENANTRY_ARCHIVES, as the project's name."),
  workspace: z.string().describe("The workspace's id."),
  databasePassword,
  schemas: z.array(z.string()).min(1).describe("The schemas whose tables are dumped."),
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
    "A dump of a workspace's tables at one moment, in a file below TENANTRY_ARCHIVES, sealed with a key that is an HMAC of TENANTRY_SECRET_ROOT. It exists once the file was read back and agrees with what PostgreSQL counted. Objects of the storage buckets are not in it. A paused project is restored for it. Removing it leaves the file.",
  inputs: archiveInputs,
  outputs: archiveOutputs,
  replaceOn: ["project", "workspace"],
  stable: [],

  /** The file is the storage's to keep, which this machine may not even see. */
  observe: async (_context, prior) => ({ inputs: prior.inputs, outputs: prior.outputs }),

  async ensure(context, inputs, prior) {
    if (prior !== undefined) return { id: prior.id, outputs: prior.outputs };
    const file = join(inputs.name, `${new Date().toISOString().replaceAll(":", "-")}.archive`);
    const path = join(context.archives, file);
    const key = deriveArchiveKey(context.root);
    await wake(context, inputs.project);
    context.status(`dumping to ${path}`);
    await write(context, inputs, path, key);
    return { id: file, outputs: { file, ...(await contentsOf(path, key)) } };
  },

  remove: async () => {},
});

async function wake(context: Context, ref: string): Promise<void> {
  const { api } = context.supabase;
  const { status } = await answer(api.GET("/v1/projects/{ref}", { params: { path: { ref } } }));
  if (isPaused(status)) await restore(context.supabase, ref, context.signal);
}

async function write(context: Context, inputs: Inputs, path: string, key: Secret): Promise<void> {
  const database = await context.workspaceDatabase(inputs.project, inputs.databasePassword);
  try {
    await database.read((query) =>
      writeSealed(path, key, dump(query, inputs.workspace, inputs.schemas), context.signal),
    );
  } finally {
    await database.close();
  }
}

/** Of the file as it is on disk now: this is what makes it a dump that was verified. */
async function contentsOf(path: string, key: Secret): Promise<Omit<Outputs, "file">> {
  const { head, tables } = await readSealed(path, key, (lines) => verified(lines));
  const { size } = await stat(path);
  return { sha256: await digestOf(path), bytes: size, takenAt: head.takenAt, rows: { ...tables } };
}
