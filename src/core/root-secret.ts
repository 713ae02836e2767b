import { UserError } from "./errors.ts";

/** The variable of the root secret, from which passwords and keys are derived (./derive.ts). */
export const ROOT_SECRET = "TENANTRY_ROOT_SECRET";

/** Its name until it had a prefix that customers' secrets have too. */
export const FORMER_ROOT_SECRET = "TENANTRY_SECRET_ROOT";

/**
 * Refuses the variable's former name, whose prefix is that of customers' secrets: a manifest could have named it.
 *
 * @throws UserError when the former name is set, whether or not the present one is
 */
export function refuseFormerName(env: Readonly<Record<string, string | undefined>>): void {
  if (!env[FORMER_ROOT_SECRET]) return;
  throw new UserError(`${FORMER_ROOT_SECRET} is set; tenantry's root secret is in ${ROOT_SECRET} now.`, {
    remedy: `Rename the variable to ${ROOT_SECRET}, with the same value, and unset ${FORMER_ROOT_SECRET}.`,
  });
}
