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
  /** The compute add-on, such as `ci_micro`. Undefined for the size nano, which has no add-on. */
  readonly compute: string | undefined;
  /** The compute add-on before the latest change. Null for the size nano. */
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
 * Returns the status during or after a change. Each stage takes an equal part of the readiness delay. The first stage may be
 * the status from before the change, which Supabase shows for some seconds after a request.
 */
export function statusAt(change: Change, now: number, readinessMilliseconds: number): ProjectStatus {
  const elapsed = now - change.startedAt;
  if (elapsed >= readinessMilliseconds) return change.to;
  return change.through[Math.floor((elapsed / readinessMilliseconds) * change.through.length)] ?? change.to;
}
