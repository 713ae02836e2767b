import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@tenantry/core/secret";
import { stringify } from "yaml";
import { newSalt } from "../../src/secrets.ts";
import { PASSPHRASE, type TestProject } from "../project.ts";

/** Writes a stack's settings with secret configuration, as `pulumi config set --secret` does. */
export async function configure(
  project: TestProject,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const { salt, encrypt } = await newSalt(new Secret(PASSPHRASE));
  const config = Object.fromEntries(
    Object.entries(secrets).map(([key, value]) => [`trial:${key}`, { secure: encrypt(value) }]),
  );
  const folder = join(project.folder, "settings");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "Pulumi.dev.yaml"), stringify({ encryptionsalt: salt, config }));
}
