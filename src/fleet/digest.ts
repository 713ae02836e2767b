import { createHash, createHmac } from "node:crypto";
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { modelDigest } from "../model/digest.ts";
import type { OrganizationModel, PlatformModel } from "../model/model.ts";
import { secretNames } from "../model/secret-names.ts";
import { PACKAGE_ROOT } from "../shared/package.ts";
import { secretVariable } from "../shared/secret-variable.ts";
import type { Environment } from "./environment.ts";
import { fileDigests } from "./file-digests.ts";

/** The input of a stack's program. */
export interface DigestInput {
  readonly platform: PlatformModel;
  /** Null for the platform's own stack. */
  readonly organization: OrganizationModel | null;
  readonly vendors: Environment["vendors"];
}

/** The sources that decide what a program declares: the program, its schemas and its provider. `dist` is built from them. */
export const PROGRAM = [
  "Pulumi.yaml",
  "package.json",
  "package-lock.json",
  "infra",
  "policies",
  "src",
  "packages/core",
  "packages/embedded-engine",
];

/** The vendors' addresses. A different address makes every recorded result invalid. */
const ADDRESSES = ["SUPABASE_API_URL", "STRIPE_API_BASE"];

/**
 * A digest of a program's input. It is keyed with the root secret, so that it reveals nothing of the secrets in the input.
 * Undefined without a root secret, for example when stacks are only read.
 */
export function digestOf(input: DigestInput, program: string): string | undefined {
  const root = input.vendors.TENANTRY_ROOT_SECRET;
  if (root === undefined) return undefined;
  const secrets = input.organization === null ? [] : secretNames(input.organization).map(secretVariable);
  const environment = [...ADDRESSES, ...secrets].map((name) => [name, input.vendors[name] ?? null]);
  return createHmac("sha256", root)
    .update(JSON.stringify([program, modelDigest(input.platform, input.organization), environment]))
    .digest("hex");
}

/**
 * A digest of the files of a Pulumi program. Undefined for a project other than this package's own, because its files are
 * unknown.
 */
export function programDigest(project: string, root: string = PACKAGE_ROOT): string | undefined {
  if (realpathSync(project) !== realpathSync(root)) return undefined;
  const paths = PROGRAM.map((name) => join(root, name));
  return createHash("sha256")
    .update(JSON.stringify([...fileDigests(paths, root)]))
    .digest("hex");
}
