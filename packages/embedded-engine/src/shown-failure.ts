/** Something failed, and that has been shown. */
export class ShownFailure extends Error {
  override readonly name: string = "ShownFailure";
}

/** An operation on a resource failed. What doesn't need the resource may go on. */
export class StepFailed extends ShownFailure {
  override readonly name = "StepFailed";
  /** Nothing was tried: something forbids it. */
  readonly forbidden: boolean;

  constructor(message: string, options: ErrorOptions & { readonly forbidden?: boolean } = {}) {
    super(message, options);
    this.forbidden = options.forbidden ?? false;
  }
}
