import { RunError } from "@pulumi/pulumi";
import { UserError } from "@tenantry/core/errors";

/**
 * An error that ends the program with a message for the user.
 *
 * It has no stack trace: users don't need one for a mistake in YAML, and Node.js 20 takes half a minute to resolve one
 * through the SDK's source maps before Pulumi discards it.
 */
export function userError(message: string): RunError {
  const error = new RunError(message);
  error.stack = message;
  return error;
}

/** Runs `work`. A `UserError` ends the program with its message and remedy. */
export function withUserErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw userError(`${error.message}\n  ${error.remedy}`);
    throw error;
  }
}
