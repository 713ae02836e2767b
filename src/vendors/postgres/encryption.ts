import { readFileSync } from "node:fs";
import { UserError } from "@tenantry/core/errors";

/** How a connection is encrypted, in the terms of `pg` and Node.js. No connection is in clear. */
export type Encryption = { readonly ca: string } | { readonly rejectUnauthorized: false };

type Environment = Readonly<Record<string, string | undefined>>;

export const CERTIFICATE_REMEDY =
  "Download it from any project's Database settings in Supabase's dashboard (SSL configuration), and set PGSSLROOTCERT to the file. PGSSLMODE=require encrypts without verifying the host.";

/** Whether {@link encryptionFromEnv} finds what it needs. */
export function hasEncryption(env: Environment): boolean {
  return Boolean(env.PGSSLROOTCERT) || env.PGSSLMODE === "require";
}

/**
 * From libpq's variables. Supabase's own authority signs its poolers, and no system trusts it: its certificate has to be
 * given in PGSSLROOTCERT. Without a verified certificate, whoever is on the way can pose as the database, so going without
 * takes a word: `PGSSLMODE=require`.
 *
 * @see https://supabase.com/docs/guides/platform/ssl-enforcement
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 */
export function encryptionFromEnv(env: Environment): Encryption {
  const file = env.PGSSLROOTCERT;
  if (file) return { ca: certificateIn(file) };
  if (hasEncryption(env)) return { rejectUnauthorized: false };
  throw new UserError("PGSSLROOTCERT is not set: nothing shows that the database's host is Supabase's.", {
    remedy: CERTIFICATE_REMEDY,
  });
}

function certificateIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UserError(`PGSSLROOTCERT names ${file}, which can't be read.`, {
      remedy: "Set it to the file of Supabase's certificate, in PEM format.",
      cause,
    });
  }
}
