import { UserError } from "@tenantry/core/errors";

/** Names of tenantry's own secrets. A manifest that used one would copy its value to a customer's workspace. */
const RESERVED: readonly string[] = ["root", "root-previous", "root-secret", "root-secret-previous"];

/**
 * The environment variable that gives the value of `{ secret: name }`: `TENANTRY_SECRET_ACME_ANTHROPIC` for `acme-anthropic`.
 *
 * @throws UserError for a name that is reserved
 */
export function secretVariable(name: string): string {
  if (RESERVED.includes(name))
    throw new UserError(`the secret name \`${name}\` is reserved for tenantry's own secrets`, {
      remedy: "Give the customer's secret a name that begins with its organization's, as acme-anthropic.",
    });
  return `TENANTRY_SECRET_${name.toUpperCase().replaceAll("-", "_")}`;
}
