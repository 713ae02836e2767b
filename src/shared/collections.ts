/*
 * A manifest manages a collection only if it has the collection's key. `[]` and `{}` mean that there are none. A key that is absent
 * means that nothing is written, revoked or compared: what exists stays.
 */

/** The collections of an organization. */
export const ORGANIZATION_COLLECTIONS = ["members", "invitations", "claimTokens", "wallets"] as const;
/** The key of a collection of an organization. */
export type OrganizationCollection = (typeof ORGANIZATION_COLLECTIONS)[number];

/** The collections of a workspace. */
export const WORKSPACE_COLLECTIONS = ["apiKeys", "connections", "apps", "cron"] as const;
/** The key of a collection of a workspace. */
export type WorkspaceCollection = (typeof WORKSPACE_COLLECTIONS)[number];

export type Collection = OrganizationCollection | WorkspaceCollection;
