import { readFileSync } from "node:fs";
import { UserError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import { CERTIFICATE_REMEDY, hasEncryption } from "../vendors/postgres/encryption.ts";

/** Environment variables; an undefined one is not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The environment variables of a run. */
export interface Environment {
  readonly backendUrl: string;
  readonly passphrase: Secret;
  /** The vendors' variables and the secrets of manifests, for the program and the provider. */
  readonly vendors: Readonly<Record<string, string>>;
}

const NEEDED: Readonly<Record<string, string>> = {
  SUPABASE_ACCESS_TOKEN: "a Supabase access token (https://supabase.com/dashboard/account/tokens)",
  STRIPE_API_KEY: "a Stripe secret key (https://dashboard.stripe.com/apikeys)",
  TENANTRY_ROOT_SECRET:
    "the secret that passwords and keys are derived from: generate it once with `openssl rand -hex 32` and keep it",
};

const PASSED_ON =
  /^(SUPABASE_(ACCESS_TOKEN|API_URL)$|STRIPE_API_(KEY|BASE)$|PGSSL(ROOTCERT|MODE)$|TENANTRY_(SECRET_|ROOT_SECRET$|ARCHIVES$))/;

/**
 * Reads the environment of a run. Tokens come from the environment only, so that they are never stored in state.
 *
 * @param reach `vendors` when the run calls Supabase and Stripe, `state` when it only reads recorded state
 * @throws UserError that lists every missing variable
 */
export function readEnvironment(variables: Variables, reach: "vendors" | "state"): Environment {
  const missing = [
    ...(reach === "vendors" ? missingTokens(variables) : []),
    ...(reach === "state" || hasEncryption(variables) ? [] : [missingCertificate()]),
    ...(variables.PULUMI_BACKEND_URL ? [] : [missingBackend()]),
    ...(hasPassphrase(variables) ? [] : [missingPassphrase()]),
  ];
  if (missing.length > 0)
    throw new UserError(`Missing environment variables:\n${missing.map((each) => `  ${each}`).join("\n")}`, {
      remedy: "Set the missing variables, or add --sandbox to use a local Supabase and Stripe.",
    });
  return {
    backendUrl: variables.PULUMI_BACKEND_URL ?? "",
    passphrase: readPassphrase(variables),
    vendors: Object.fromEntries(
      Object.entries(variables).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]),
      ),
    ),
  };
}

function missingTokens(variables: Variables): string[] {
  return Object.entries(NEEDED)
    .filter(([name]) => !variables[name])
    .map(([name, what]) => `${name}: ${what}`);
}

function missingCertificate(): string {
  return `PGSSLROOTCERT: the certificate that verifies the database hosts. ${CERTIFICATE_REMEDY}`;
}

function missingBackend(): string {
  return "PULUMI_BACKEND_URL: where the state of the stacks is stored, such as s3://bucket or file:///folder";
}

/** An empty passphrase is valid; one that was never set is not. */
function hasPassphrase(variables: Variables): boolean {
  return variables.PULUMI_CONFIG_PASSPHRASE !== undefined || Boolean(variables.PULUMI_CONFIG_PASSPHRASE_FILE);
}

function missingPassphrase(): string {
  return "PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE): encrypts the secrets in the state of the stacks";
}

function readPassphrase(variables: Variables): Secret {
  if (variables.PULUMI_CONFIG_PASSPHRASE !== undefined) return new Secret(variables.PULUMI_CONFIG_PASSPHRASE);
  const file = variables.PULUMI_CONFIG_PASSPHRASE_FILE ?? "";
  try {
    return new Secret(readFileSync(file, "utf8").trim());
  } catch (cause) {
    throw new UserError(`PULUMI_CONFIG_PASSPHRASE_FILE names ${file}, which can't be read`, {
      remedy: "Name a readable file, or set PULUMI_CONFIG_PASSPHRASE.",
      cause,
    });
  }
}
