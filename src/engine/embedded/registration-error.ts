import type { Urn } from "./urn.ts";

/** A resource can't be registered; it is shown as an error of that resource. */
export class RegistrationError extends Error {
  override readonly name = "RegistrationError";
  readonly urn: Urn | undefined;

  constructor(message: string, urn: Urn | undefined, options?: ErrorOptions) {
    super(message, options);
    this.urn = urn;
  }
}
