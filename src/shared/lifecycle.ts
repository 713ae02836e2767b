import * as z from "zod";

/** The states of an organization, a workspace and its project, from open to gone. */
export const LIFECYCLE_STATES = ["active", "suspended", "archived", "deleted"] as const;

/** The schema of a state. */
export const lifecycleState = z.enum(LIFECYCLE_STATES);

/** The state of an organization or a workspace. A workspace is never more active than its organization. */
export type LifecycleState = (typeof LIFECYCLE_STATES)[number];
