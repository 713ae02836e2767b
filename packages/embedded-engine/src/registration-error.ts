import { messageOf, UserError } from "@tenantry/core/errors";
import type { Urn } from "./urn.ts";

/** A resource can't be registered. It is reported as an error of that resource. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
  readonly urn: Urn | undefined;

  constructor(message: string, urn: Urn | undefined, options?: ErrorOptions) {
    super(message, options);
    this.urn = urn;
  }
}

/** Converts an error of a provider to an error of the resource. */
export async function ofResource<Answer>(urn: Urn, asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new RegistrationError(messageOf(cause), urn, { cause });
  }
}
