import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** The variables that tenantry and Pulumi need, beyond those of the sandbox. */
export type SandboxVariables = Readonly<
  Record<
    "TENANTRY_ROOT_SECRET" | "TENANTRY_ARCHIVES" | "PULUMI_BACKEND_URL" | "PULUMI_CONFIG_PASSPHRASE",
    string
  >
>;

/** Earlier versions stored the root secret under this name. */
const FORMER_ROOT_SECRET = "TENANTRY_SECRET_ROOT";

/** Creates the secrets of a new sandbox, and keeps those of an existing one. */
export function sandboxVariables(folder: string, stored: Readonly<Record<string, string>>): SandboxVariables {
  return {
    TENANTRY_ROOT_SECRET:
      stored.TENANTRY_ROOT_SECRET ?? stored[FORMER_ROOT_SECRET] ?? randomBytes(32).toString("hex"),
    TENANTRY_ARCHIVES: join(folder, "archives"),
    PULUMI_BACKEND_URL: `file://${stateFolder(folder)}`,
    PULUMI_CONFIG_PASSPHRASE: stored.PULUMI_CONFIG_PASSPHRASE ?? randomBytes(16).toString("hex"),
  };
}

/** The folder of the Pulumi state for stacks that are deployed to the sandbox. */
export function stateFolder(folder: string): string {
  return join(folder, "state");
}
