import type { ScramVerifier } from "../scram.ts";

export type ProjectStatus =
  | "INACTIVE"
  | "ACTIVE_HEALTHY"
  | "COMING_UP"
  | "UNKNOWN"
  | "RESTORING"
  | "PAUSING"
  | "RESIZING"
  | "RESTARTING";

export interface Organization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly plan: "free" | "pro" | "team" | "enterprise";
}

export interface Project {
  readonly ref: string;
  readonly id: number;
  readonly name: string;
  readonly organization: string;
  readonly region: string;
  readonly createdAt: string;
  readonly change: Change;
  /** `ci_micro`; undefined is nano, which has no add-on. */
  readonly compute: string | undefined;
  /** The size before the last change; null is nano. */
  readonly formerCompute?: string | null;
  readonly addons: readonly string[];
  readonly jwtSecret: string;
  readonly databasePassword: ScramVerifier;
}

/** The current or latest status change of a project. */
export interface Change {
  readonly through: readonly ProjectStatus[];
  readonly to: ProjectStatus;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/**
 * A change's status at a moment: it goes through its stages in equal parts of the readiness delay. The first stage may be
 * the status from before: the real service shows that for some seconds after a request.
 */
export function statusAt(change: Change, now: number, readinessMilliseconds: number): ProjectStatus {
  const elapsed = now - change.startedAt;
  if (elapsed >= readinessMilliseconds) return change.to;
  return change.through[Math.floor((elapsed / readinessMilliseconds) * change.through.length)] ?? change.to;
}
