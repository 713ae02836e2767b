import type { Tenant } from "../pooler/connection.ts";
import type { Account } from "./account.ts";
import { allowsAddress } from "./network-restrictions.ts";
import { poolSizeOf } from "./pooler-config.ts";
import { isTlsEnforced } from "./ssl-enforcement.ts";

/** The pool size of small projects: https://supabase.com/docs/guides/platform/compute-and-disk */
const DEFAULT_POOL_SIZE = 15;

/** Returns a project's settings for the pooler, or undefined if the project doesn't exist or its database isn't up. */
export function tenantOf(account: Account, ref: string): Tenant | undefined {
  const project = account.tenant(ref);
  if (project === undefined) return undefined;
  return {
    databasePassword: project.databasePassword,
    requiresTls: isTlsEnforced(account, ref),
    poolSize: poolSizeOf(account, ref) ?? DEFAULT_POOL_SIZE,
    admits: (address) => allowsAddress(account, project, address),
  };
}
