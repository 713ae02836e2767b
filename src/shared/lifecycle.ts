/** The states of an organization, a workspace and its project, from open to gone. */
export const LIFECYCLE_STATES = ["active", "suspended", "archived", "deleted"] as const;

export type LifecycleState = (typeof LIFECYCLE_STATES)[number];
