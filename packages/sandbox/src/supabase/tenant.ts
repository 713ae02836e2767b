import type { Tenant } from "../pooler/connection.ts";
import type { Account } from "./account.ts";
import { admits } from "./network-restrictions.ts";
import { isTlsEnforced } from "./ssl-enforcement.ts";

/** A project as the pooler knows it; undefined when it doesn't exist, or its database isn't up. */
export function tenantOf(account: Account, ref: string): Tenant | undefined {
  const project = account.tenant(ref);
  if (project === undefined) return undefined;
  return {
    databasePassword: project.databasePassword,
    requiresTls: isTlsEnforced(account, ref),
    admits: (address) => admits(account, project, address),
  };
}
