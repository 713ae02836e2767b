import { VendorError } from "@tenantry/core/errors";

/** What a script of ours refused: the SQLSTATE that it raised, and the names in its message. */
export interface Refusal {
  readonly state: string;
  readonly names: string;
}

/** @returns undefined for every other error */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof VendorError) || typeof error.status !== "string" || !error.status.startsWith("TN"))
    return undefined;
  const [, names] = new RegExp(`ERROR: +${error.status}: ([^\n]*)`).exec(deepest(error).message) ?? [];
  return { state: error.status, names: names ?? error.message };
}

/** The API's own words: each layer wraps them in its own. */
function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}
