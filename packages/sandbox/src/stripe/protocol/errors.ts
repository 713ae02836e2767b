/** What Stripe's error objects may say beyond type and message: https://docs.stripe.com/api/errors */
interface Details {
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  /** The intent whose payment failed, as the API shows it. */
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
  readonly setup_intent?: unknown;
  readonly charge?: string;
}

type Type = "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";

/** A refusal in Stripe's shape. */
export class StripeError extends Error {
  override readonly name = "StripeRefusal";
  readonly status: number;
  readonly type: Type;
  readonly details: Details;
  /** False for a request that never began to execute: such an answer isn't kept for its idempotency key. */
  readonly executed: boolean;

  constructor(status: number, type: Type, message: string, details: Details = {}, executed = true) {
    super(message);
    this.status = status;
    this.type = type;
    this.details = details;
    this.executed = executed;
  }

  /** A refusal that still changed something, as a declined charge leaves its trace on the invoice. */
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

/** 400: the request is understood and refused. */
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

/** 400 for parameters that don't fit; never kept for an idempotency key, as nothing was executed. */
export function invalidParameter(message: string, param?: string, code?: string): StripeError {
  return new StripeError(400, "invalid_request_error", message, { ...named(param), ...coded(code) }, false);
}

function named(param: string | undefined): Details {
  return param === undefined ? {} : { param };
}

function coded(code: string | undefined): Details {
  return code === undefined ? {} : { code };
}
