import { stableId } from "./ids.ts";

/** A DNS record of type TXT. */
export interface DomainRecord {
  readonly name: string;
  readonly value: string;
}

/**
 * The record that proves that a domain belongs to an app. It is known before the app exists and proves nothing about other apps.
 * The control plane derives the same record (`private.await_proof`).
 */
export function domainRecord(workspaceId: string, app: string, domain: string): DomainRecord {
  return {
    name: `_tenantry.${domain}`,
    value: `tenantry-domain=${stableId(`${workspaceId}/${app}/${domain}`)}`,
  };
}
