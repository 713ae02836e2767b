import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { folderOf } from "@tenantry/embedded-engine/backend";

/** Pulumi Cloud, or one's own: it keeps the secrets' keys itself, where other backends need a passphrase and its salt. */
export function isCloud(backendUrl: string): boolean {
  return /^https?:\/\//.test(backendUrl);
}

/** Whether there can be stacks: the CLI refuses a folder that is not there, and sets up one that it was never used with. */
export function backendExists(backendUrl: string): boolean {
  return !isFile(backendUrl) || existsSync(join(folderOf(backendUrl), ".pulumi"));
}

export async function makeBackend(backendUrl: string): Promise<void> {
  if (isFile(backendUrl)) await mkdir(folderOf(backendUrl), { recursive: true });
}

function isFile(backendUrl: string): boolean {
  return backendUrl.startsWith("file://");
}
