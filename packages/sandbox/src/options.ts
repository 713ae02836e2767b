import type { Organizations } from "./admin.ts";

export interface SandboxOptions {
  /** Where it keeps its data: PostgreSQL's files, the journals, `sandbox.json`. */
  readonly folder: string;
  /** How long a new project takes to become healthy. Default 300 ms (so that waiting is real, and short). */
  readonly readinessMilliseconds?: number;
  /** Slugs of the Supabase organizations that exist from the start, on the Pro plan. */
  readonly organizations?: readonly string[];
  /** Slugs of those that exist from the start on the free plan. */
  readonly freeOrganizations?: readonly string[];
  /** Per project or organization and endpoint of the Management API. Default 120, as the real one. */
  readonly requestsPerMinute?: number;
  /**
   * The IPv4 address that projects see of whoever connects from this machine. By default any list of network restrictions
   * that isn't empty holds it: which address this machine would have there isn't known here.
   */
  readonly clientAddress?: string;
  /** Of Stripe. Default 25, as Stripe's own sandboxes. */
  readonly stripeRequestsPerSecond?: number;
}

const ORGANIZATIONS = ["agntdata", "camelai", "demo"];

export function organizationsOf({ organizations, freeOrganizations }: SandboxOptions): Organizations {
  return { paid: organizations ?? ORGANIZATIONS, free: freeOrganizations ?? [] };
}
