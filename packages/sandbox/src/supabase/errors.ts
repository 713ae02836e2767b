/** An answer of the Management API that isn't the one hoped for. @see https://supabase.com/docs/reference/api */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
