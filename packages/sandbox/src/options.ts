import type { Organizations } from "./admin.ts";

/** Options of a sandbox. */
export interface SandboxOptions {
  /** The data folder: databases, journals and `sandbox.json`. It is created if needed, and a later sandbox continues with it. */
  readonly folder: string;
  /** How long a new project takes to become healthy, in milliseconds. Default 300. */
  readonly readinessMilliseconds?: number;
  /** Slugs of the Supabase organizations on the Pro plan that exist from the start. Default `agntdata`, `camelai` and `demo`. */
  readonly organizations?: readonly string[];
  /** Slugs of the Supabase organizations on the free plan that exist from the start. Default none. */
  readonly freeOrganizations?: readonly string[];
  /** The limit of the Management API for each project or organization and endpoint. Default 120, the real limit. */
  readonly requestsPerMinute?: number;
  /** The IPv4 address that network restrictions are checked against. Default: every list that isn't empty allows this machine. */
  readonly clientAddress?: string;
  /** The limit of the Stripe API. Default 25, the limit of Stripe's own sandboxes. */
  readonly stripeRequestsPerSecond?: number;
}

const ORGANIZATIONS = ["agntdata", "camelai", "demo"];

export function organizationsOf({ organizations, freeOrganizations }: SandboxOptions): Organizations {
  return { paid: organizations ?? ORGANIZATIONS, free: freeOrganizations ?? [] };
}
