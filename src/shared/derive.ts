import { createHmac } from "node:crypto";
import { Secret } from "@tenantry/core/secret";
import type { RootSecret } from "./root-secret.ts";

/**
 * Derives a secret that can be derived again at any time: HMAC-SHA256 of a root secret, 43 characters of base64url.
 *
 * @param purpose separates secrets of the same id, such as `database-password`
 * @param generation raised to rotate it
 */
export function derive(root: Secret, purpose: string, id: string, generation: number): Secret {
  const hmac = createHmac("sha256", root.reveal());
  hmac.update(JSON.stringify(["tenantry", purpose, id, generation]));
  return new Secret(hmac.digest("base64url"));
}

/** The password of a project's `postgres` role. */
export function deriveDatabasePassword(
  root: Secret,
  of: { readonly id: string; readonly generation: number },
): Secret {
  return derive(root, "database-password", of.id, of.generation);
}

/** The key that seals an archive, and the root secret that it derives from. */
export interface ArchiveKey {
  /** 32 bytes in base64url. */
  readonly secret: Secret;
  /** The fingerprint of the root secret. */
  readonly id: string;
}

/** The key of all archives that were sealed under a root secret. */
export function deriveArchiveKey({ secret, fingerprint }: RootSecret): ArchiveKey {
  return { secret: derive(secret, "archive", "all", 1), id: fingerprint };
}
