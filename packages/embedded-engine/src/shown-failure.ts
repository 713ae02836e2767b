/** A failure that has already been reported. */
export class ShownFailure extends Error {
  override readonly name: string = "ShownFailure";
}

/** An operation on a resource failed. Independent resources may continue. */
export class StepFailed extends ShownFailure {
  override readonly name = "StepFailed";
  /** Whether the operation is forbidden and wasn't tried. */
  readonly forbidden: boolean;

  constructor(message: string, options: ErrorOptions & { readonly forbidden?: boolean } = {}) {
    super(message, options);
    this.forbidden = options.forbidden ?? false;
  }
}
