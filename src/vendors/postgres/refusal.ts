import { VendorError } from "@tenantry/core/errors";

/** An error that one of tenantry's scripts raised: its SQLSTATE, and the names in its message. */
export interface Refusal {
  readonly state: string;
  readonly names: string;
}

/** @returns undefined for other errors */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof VendorError) || typeof error.status !== "string" || !error.status.startsWith("TN"))
    return undefined;
  const [, names] = new RegExp(`ERROR: +${error.status}: ([^\n]*)`).exec(deepest(error).message) ?? [];
  return { state: error.status, names: names ?? error.message };
}

/** The innermost cause has the API's original message. */
function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}
