import { printableLines } from "./printable.ts";

/** A position in a user's file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const USER_ERROR = Symbol.for("tenantry.UserError");

/**
 * A mistake that the user can fix. The message states the problem, and `remedy` the command or edit that fixes it. It is shown
 * without a stack trace.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly [USER_ERROR] = true;
  /** The command or edit that fixes it. */
  readonly remedy: string;
  /** Where the mistake is, if it is in a file. */
  readonly place: Place | undefined;

  constructor(message: string, options: { remedy: string; place?: Place; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
    this.place = options.place;
  }

  /** Bundled packages have copies of this class. An error of any copy is a `UserError`. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this method and must not match other errors
    if (this !== UserError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === "object" && value !== null && USER_ERROR in value;
  }
}

/** A failed call to a remote service, with the operation, the status, the request id, the service's message and a remedy. */
export class VendorError extends Error {
  override readonly name = "VendorError";
  /** The service that failed. */
  readonly vendor: "Supabase" | "Stripe" | "PostgreSQL";
  /** The operation as the vendor names it: `POST /v1/projects`, `customers.create`, or the first words of a statement. */
  readonly operation: string;
  /** The HTTP status or the SQLSTATE; undefined if there was no response. */
  readonly status: number | string | undefined;
  /** The vendor's id of the request, for its support; undefined if it sent none. */
  readonly requestId: string | undefined;
  /** What to do about the failure. */
  readonly remedy: string;
  /** Stripe's `code` or `type`, if there is one. */
  readonly code: string | undefined;
  /** Whether it is the stored result of an earlier request with the same idempotency key. */
  readonly isReplayed: boolean;

  constructor(details: {
    vendor: "Supabase" | "Stripe" | "PostgreSQL";
    operation: string;
    message: string;
    status?: number | string | undefined;
    requestId?: string | undefined;
    code?: string | undefined;
    isReplayed?: boolean;
    remedy: string;
    cause?: unknown;
  }) {
    const status = details.status === undefined ? "no response" : `status ${details.status}`;
    const request = details.requestId === undefined ? "" : `, request ${details.requestId}`;
    super(
      `${details.vendor}: ${details.operation} failed (${status}${request}): ${printableLines(details.message)}\n  ${details.remedy}`,
      { cause: details.cause },
    );
    this.vendor = details.vendor;
    this.operation = details.operation;
    this.status = details.status;
    this.requestId = details.requestId;
    this.code = details.code;
    this.isReplayed = details.isReplayed ?? false;
    this.remedy = details.remedy;
  }
}

/** Whether an error is a user's mistake or a vendor's failure. Any other is a bug in tenantry. */
export function isUserOrVendorError(error: unknown): error is UserError | VendorError {
  return error instanceof UserError || error instanceof VendorError;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
