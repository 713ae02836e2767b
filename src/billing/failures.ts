import { isUserOrVendorError } from "@tenantry/core/errors";

/** A part of the billing job that failed. It stops no other organization. */
export interface BillingFailure {
  /** `agntdata/acme`, or a customer's id in Stripe; null if the part is about the whole platform. */
  readonly organization: string | null;
  readonly part:
    | "contracts"
    | "control plane"
    | "expired credits"
    | "grace period"
    | "invoices"
    | "old events"
    | "owed credits"
    | "plan credits"
    | "refunds and disputes"
    | "reloads"
    | "resumed reloads";
  /** The message of the failure. */
  readonly reason: string;
}

/** Runs a part of the job, and records its failure; the result is then undefined. */
export type Attempt = <T>(
  part: BillingFailure["part"],
  organization: string | null,
  work: () => Promise<T>,
) => Promise<T | undefined>;

/** Attempts that record the failures of vendors and users. Any other error ends the job. */
export function attempts(failures: BillingFailure[], signal: AbortSignal): Attempt {
  return async (part, organization, work) => {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isUserOrVendorError(error)) throw error;
      failures.push({ organization, part, reason: error.message });
      return undefined;
    }
  };
}
