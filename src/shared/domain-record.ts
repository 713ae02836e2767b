import { stableId } from "./ids.ts";

/** A DNS record of type TXT. */
export interface DomainRecord {
  readonly name: string;
  readonly value: string;
}

/**
 * The record that proves that a domain is an app's. It is known before anything exists, and proves nothing of any other app:
 * the control plane derives the same (`private.await_proof`).
 */
export function domainRecord(workspaceId: string, app: string, domain: string): DomainRecord {
  return {
    name: `_tenantry.${domain}`,
    value: `tenantry-domain=${stableId(`${workspaceId}/${app}/${domain}`)}`,
  };
}
