import { RunError } from "@pulumi/pulumi";
import { UserError } from "@tenantry/core/errors";

/**
 * Ends the program with a message for its user.
 *
 * It has no stack trace: nobody needs one for a mistake in YAML, and Node.js 20 takes half a minute to colour one that
 * leads through the SDK's source maps, before Pulumi throws it away.
 */
export function userError(message: string): RunError {
  const error = new RunError(message);
  error.stack = message;
  return error;
}

/** What the work returns; a `UserError` of it ends the program, with its remedy. */
export function orMistake<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw userError(`${error.message}\n  ${error.remedy}`);
    throw error;
  }
}
