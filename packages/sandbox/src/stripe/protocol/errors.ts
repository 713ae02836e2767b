/** The fields of Stripe's error objects besides `type` and `message`: https://docs.stripe.com/api/errors */
interface Details {
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  /** The payment intent that failed, as the API returns it. */
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
  readonly setup_intent?: unknown;
  readonly charge?: string;
}

type Type = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

/** An error response in Stripe's format. */
export class StripeError extends Error {
  override readonly name = "StripeRefusal";
  readonly status: number;
  readonly type: Type;
  readonly details: Details;
  /** Whether the request began to execute. If not, its response isn't stored under the idempotency key. */
  readonly executed: boolean;

  constructor(status: number, type: Type, message: string, details: Details = {}, executed = true) {
    super(message);
    this.status = status;
    this.type = type;
    this.details = details;
    this.executed = executed;
  }

  /** Whether the request's changes are kept despite the error, such as the record of a declined charge. */
  keepsEffects = false;

  keepingEffects(): this {
    this.keepsEffects = true;
    return this;
  }

  body(requestId: string): { error: Record<string, unknown> } {
    const { code } = this.details;
    const error: Record<string, unknown> = { type: this.type, message: this.message, ...this.details };
    if (code !== undefined)
      error.doc_url = `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;
    error.request_log_url = `https://dashboard.stripe.com/test/logs/${requestId}`;
    return { error };
  }
}

/** 400 for a valid request that can't be executed. */
export function invalid(message: string, param?: string, code?: string): StripeError {
  return new StripeError(400, "invalid_request_error", message, { ...named(param), ...coded(code) });
}

/** 404 for an id in the path. */
export function missing(noun: string, id: string, param = "id"): StripeError {
  return new StripeError(404, "invalid_request_error", `No such ${noun}: '${id}'`, {
    code: "resource_missing",
    param,
  });
}

/** 400 for an id in a parameter. */
export function missingReference(noun: string, id: string, param: string): StripeError {
  return invalid(`No such ${noun}: '${id}'`, param, "resource_missing");
}

/** 400 for invalid parameters. Never stored under an idempotency key, because the request wasn't executed. */
export function invalidParameter(message: string, param?: string, code?: string): StripeError {
  return new StripeError(400, "invalid_request_error", message, { ...named(param), ...coded(code) }, false);
}

function named(param: string | undefined): Details {
  return param === undefined ? {} : { param };
}

function coded(code: string | undefined): Details {
  return code === undefined ? {} : { code };
}
