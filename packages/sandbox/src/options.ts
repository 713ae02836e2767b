import type { Organizations } from "./admin.ts";
import type { Variables } from "./settings.ts";

/** Options of a sandbox. */
export interface SandboxOptions<V extends Variables = Variables> {
  /** The data folder for databases, journals and `sandbox.json`. It is created if needed, and reused by later starts. */
  readonly folder: string;
  /** The time until a new project is healthy, in milliseconds. Default 300. */
  readonly readinessMilliseconds?: number;
  /** Slugs of the Supabase organizations on the Pro plan. Default `demo`. */
  readonly organizations?: readonly string[];
  /** Slugs of the Supabase organizations on the free plan. Default none. */
  readonly freeOrganizations?: readonly string[];
  /** How many projects of free organizations may be active at a time. Default 2, as for an account on Supabase. */
  readonly freeProjectLimit?: number;
  /** The rate limit of the Management API, per endpoint and per project or organization. Default 120, as on Supabase. */
  readonly requestsPerMinute?: number;
  /**
   * The IPv4 address that the pooler checks against a project's network restrictions. By default, every list that isn't empty
   * allows this machine.
   */
  readonly clientAddress?: string;
  /** The rate limit of the Stripe API. Default 25, as in Stripe's sandboxes. */
  readonly stripeRequestsPerSecond?: number;
  /**
   * Returns additional environment variables for programs that use the sandbox. They are stored in the folder.
   *
   * @param folder the data folder
   * @param stored the variables of the previous start; empty on the first start
   */
  readonly variables?: (folder: string, stored: Variables) => V;
}

const ORGANIZATIONS = ["demo"];

export function organizationsOf({ organizations, freeOrganizations }: SandboxOptions): Organizations {
  return { paid: organizations ?? ORGANIZATIONS, free: freeOrganizations ?? [] };
}
