import type { Account } from "../account.ts";
import { missing, missingReference } from "../protocol/errors.ts";
import type { StoredCustomer } from "../stored.ts";

/**
 * A customer that isn't deleted.
 *
 * @param param the parameter that names it; without one it is the path's
 */
export function getCustomer(account: Account, id: string, param?: string): StoredCustomer {
  const found = account.customers.get(id);
  if (found !== undefined && found.deleted !== true) return found;
  throw param === undefined ? missing("customer", id) : missingReference("customer", id, param);
}
