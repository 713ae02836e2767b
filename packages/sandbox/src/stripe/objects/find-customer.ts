import type { Account } from "../account.ts";
import { missing, missingReference } from "../protocol/errors.ts";
import type { StoredCustomer } from "../stored.ts";

/**
 * Returns a customer that isn't deleted.
 *
 * @param param the parameter that contains the id; undefined if the path contains it
 * @throws StripeError 400 or 404 if the customer doesn't exist
 */
export function getCustomer(account: Account, id: string, param?: string): StoredCustomer {
  const found = account.customers.get(id);
  if (found !== undefined && found.deleted !== true) return found;
  throw param === undefined ? missing("customer", id) : missingReference("customer", id, param);
}
