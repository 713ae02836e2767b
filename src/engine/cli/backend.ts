import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { folderOf } from "@tenantry/embedded-engine/backend";

/** Whether the backend is Pulumi Cloud, hosted or self-hosted. It manages secret keys; other backends need a passphrase and a salt. */
export function isCloud(backendUrl: string): boolean {
  return /^https?:\/\//.test(backendUrl);
}

/** Whether the backend can contain stacks. The CLI refuses a missing folder, and initializes an unused one. */
export function backendExists(backendUrl: string): boolean {
  return !isFile(backendUrl) || existsSync(join(folderOf(backendUrl), ".pulumi"));
}

export async function makeBackend(backendUrl: string): Promise<void> {
  if (isFile(backendUrl)) await mkdir(folderOf(backendUrl), { recursive: true });
}

function isFile(backendUrl: string): boolean {
  return backendUrl.startsWith("file://");
}
