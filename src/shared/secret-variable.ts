import { UserError } from "@tenantry/core/errors";

/** Names that tenantry's own secrets have, or had. No manifest may use them: the value would reach a customer's workspace. */
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
