import type { Organizations } from "./admin.ts";
import type { Variables } from "./settings.ts";

/** Options of a sandbox. */
export interface SandboxOptions<V extends Variables = Variables> {
  /** The data folder: databases, journals and `sandbox.json`. It is created if needed, and a later sandbox continues with it. */
  readonly folder: string;
  /** How long a new project takes to become healthy, in milliseconds. Default 300. */
  readonly readinessMilliseconds?: number;
  /** Slugs of the Supabase organizations on the Pro plan that exist from the start. Default `demo`. */
  readonly organizations?: readonly string[];
  /** Slugs of the Supabase organizations on the free plan that exist from the start. Default none. */
  readonly freeOrganizations?: readonly string[];
  /** The limit of the Management API for each project or organization and endpoint. Default 120, the real limit. */
  readonly requestsPerMinute?: number;
  /** The IPv4 address that network restrictions are checked against. Default: every list that isn't empty allows this machine. */
  readonly clientAddress?: string;
  /** The limit of the Stripe API. Default 25, the limit of Stripe's own sandboxes. */
  readonly stripeRequestsPerSecond?: number;
  /**
   * More environment variables for programs that use the sandbox, stored in the folder with the sandbox's own.
   *
   * @param folder where the sandbox keeps its data
   * @param stored the variables of the previous start; empty at the first
   */
  readonly variables?: (folder: string, stored: Variables) => V;
}

const ORGANIZATIONS = ["demo"];

export function organizationsOf({ organizations, freeOrganizations }: SandboxOptions): Organizations {
  return { paid: organizations ?? ORGANIZATIONS, free: freeOrganizations ?? [] };
}
