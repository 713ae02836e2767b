import * as z from "zod";

/** The states of an organization, a workspace and its project, from open to gone. */
export const LIFECYCLE_STATES = ["active", "suspended", "archived", "deleted"] as const;

export const lifecycleState = z.enum(LIFECYCLE_STATES);

export type LifecycleState = z.infer<typeof lifecycleState>;
