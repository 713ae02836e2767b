import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dirname, "../..");

/** Everything that runs, including the build, and its sources. */
const PARTS = [
  ...["bin", "dist", "infra", "policies", "src"],
  ...["packages/core/src", "packages/embedded-engine/src", "packages/sandbox/src"],
  ...["build.js", "package.json", "package-lock.json", "tsconfig.json", "Pulumi.yaml"],
];

/** A copy of this repository, whose program and schemas a test can change. */
export function checkOut(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "tenantry-checkout-"));
  for (const part of PARTS)
    if (existsSync(join(REPOSITORY, part)))
      cpSync(join(REPOSITORY, part), join(path, part), { recursive: true });
  mkdirSync(join(path, "stacks"));
  symlinkSync(join(REPOSITORY, "node_modules"), join(path, "node_modules"));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}
