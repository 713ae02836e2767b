import { readFileSync } from "node:fs";
import { UserError } from "@tenantry/core/errors";

/** The TLS options of a connection, for `pg`. There are no unencrypted connections. */
export type Encryption = { readonly ca: string } | { readonly rejectUnauthorized: false };

type Environment = Readonly<Record<string, string | undefined>>;

export const CERTIFICATE_REMEDY =
  "Download it from any project's Database settings in Supabase's dashboard (SSL configuration), and set PGSSLROOTCERT to the file. PGSSLMODE=require encrypts without verifying the host.";

/** Whether the variables that {@link encryptionFromEnv} needs are set. */
export function hasEncryption(env: Environment): boolean {
  return Boolean(env.PGSSLROOTCERT) || env.PGSSLMODE === "require";
}

/**
 * Reads libpq's variables. Supabase's poolers use a private certificate authority, so its certificate must be given in
 * PGSSLROOTCERT. Without verification, anyone on the network path could impersonate the database; `PGSSLMODE=require`
 * accepts that explicitly.
 *
 * @throws UserError if neither variable is set, or the certificate can't be read
 * @see https://supabase.com/docs/guides/platform/ssl-enforcement
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function encryptionFromEnv(env: Environment): Encryption {
  const file = env.PGSSLROOTCERT;
  if (file) return { ca: certificateIn(file) };
  if (hasEncryption(env)) return { rejectUnauthorized: false };
  throw new UserError("PGSSLROOTCERT is not set, so the database's certificate can't be verified.", {
    remedy: CERTIFICATE_REMEDY,
  });
}

function certificateIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UserError(`The file ${file} in PGSSLROOTCERT can't be read.`, {
      remedy: "Set PGSSLROOTCERT to the file of Supabase's certificate, in PEM format.",
      cause,
    });
  }
}
