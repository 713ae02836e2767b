import { createHash, randomUUID } from "node:crypto";
import { UserError, VendorError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import Stripe from "stripe";
import { PaceLimiter } from "../http/limiter.ts";
import { type Call, type Fetch, type Outcome, rateLimitedFetch } from "../http/rate-limited-fetch.ts";
import { ReadCache, refuseWrites, WriteRefused } from "../http/read-only.ts";
import { type RetryOptions, retryOptionsFromEnv } from "../http/retry-options.ts";
import type { Read } from "./read.ts";

/** A writer and a reader that share one API key and its rate limit. */
export interface StripeAccess {
  readonly writer: Stripe;
  /** Refuses every write before it is sent, and shares responses among concurrent identical reads. */
  readonly reader: Stripe;
  /** Clears the reader's cache. Called when a run starts. */
  forget(): void;
}

/** Stripe allows 25 calls a second in a sandbox and 100 in a live account, which other programs share. */
const CALLS_PER_SECOND = { sandbox: 25, live: 80 };

/**
 * Stripe's client, with tenantry's rate limiter and retries.
 *
 * @param options.baseUrl default https://api.stripe.com
 */
export function stripeAccess(options: {
  readonly key: Secret;
  readonly baseUrl?: string | undefined;
  readonly signal?: AbortSignal;
  readonly patience?: RetryOptions;
}): StripeAccess {
  const live = /^[rs]k_live_/.test(options.key.reveal());
  const send = rateLimitedFetch({
    limiter: new PaceLimiter(live ? CALLS_PER_SECOND.live : CALLS_PER_SECOND.sandbox),
    bucketOf: ({ method, url }) => `${method} ${url.pathname}`,
    again: repeatable,
    ...options.patience,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const reads = new ReadCache();
  return {
    writer: clientOf(options.key, options.baseUrl, send),
    reader: clientOf(options.key, options.baseUrl, refuseWrites(reads.share(send), isRead)),
    forget: () => reads.forget(),
  };
}

/** @throws UserError if the key is missing or the base URL isn't a URL */
export function stripeFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): StripeAccess {
  const key = env.STRIPE_API_KEY;
  if (key === undefined || key === "")
    throw new UserError("STRIPE_API_KEY is not set.", {
      remedy:
        "Set it to a secret or restricted key (https://dashboard.stripe.com/apikeys), or add --sandbox to try without one.",
    });
  const baseUrl = env.STRIPE_API_BASE;
  if (baseUrl !== undefined && !URL.canParse(baseUrl))
    throw new UserError(`STRIPE_API_BASE is ${JSON.stringify(baseUrl)}, which isn't a URL.`, {
      remedy: "Set it to a URL such as https://api.stripe.com, or unset it.",
    });
  return stripeAccess({
    key: new Secret(key),
    baseUrl,
    patience: retryOptionsFromEnv(env),
    ...(signal === undefined ? {} : { signal }),
  });
}

/**
 * Runs one operation of Stripe's client.
 *
 * @param operation the client's name for the operation, for example `customers.create`
 * @throws VendorError for whatever Stripe's client throws
 */
export async function stripeCall<T>(operation: string, call: Promise<T>): Promise<Read<T>> {
  return (await withVendorErrors(operation, call)) as Read<T>;
}

/**
 * Waits for work that uses Stripe's client.
 *
 * @throws VendorError for whatever Stripe's client throws
 */
export async function withVendorErrors<T>(operation: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    throw ownError(error) ?? asVendorError(operation, error);
  }
}

/** The response, or undefined if Stripe reports that the object doesn't exist. */
export async function stripeFind<T>(operation: string, call: Promise<T>): Promise<Read<T> | undefined> {
  try {
    return await stripeCall(operation, call);
  } catch (error) {
    if (error instanceof VendorError && error.code === "resource_missing") return undefined;
    throw error;
  }
}

/** What Stripe refused about a request: the parameter, such as `discounts[0][coupon]`, and why. */
export function refusalOf(
  error: unknown,
): { readonly parameter: string; readonly reason: string } | undefined {
  if (!(error instanceof VendorError) || error.status !== 400) return undefined;
  const { cause } = error;
  if (!(cause instanceof Stripe.errors.StripeError) || cause.param === undefined) return undefined;
  return { parameter: cause.param, reason: cause.message };
}

/** The same failure with a remedy that fits the occasion. */
export function withRemedy(error: unknown, remedy: string): unknown {
  if (!(error instanceof VendorError)) return error;
  const { vendor, operation, status, requestId, code, isReplayed, cause } = error;
  const message = cause instanceof Error ? cause.message : error.message;
  return new VendorError({
    vendor,
    operation,
    status,
    requestId,
    code,
    isReplayed,
    message,
    remedy,
    cause,
  });
}

/**
 * The current state of an object that a POST with an idempotency key created. Stripe repeats the first response to a key for a
 * day, even if the object has changed since: https://docs.stripe.com/api/idempotent_requests
 *
 * @param readBack finds the object; undefined if it no longer exists or no longer matches. The next attempt then needs
 *   another key.
 */
export async function readBackIfReplayed<T>(
  made: Stripe.Response<T>,
  readBack: () => Promise<T | undefined>,
): Promise<T | undefined> {
  return isReplayed(made.lastResponse.headers) ? readBack() : made;
}

function isReplayed(headers: Readonly<Record<string, string>> | undefined): boolean {
  return new Headers(headers).get("idempotent-replayed") === "true";
}

/**
 * A key under which Stripe creates an object at most once a day.
 *
 * @param what the owner (id and generation), the parameters, the objects that were found before, and the attempt. Without
 *   these, Stripe would return an object that was removed an hour ago, or a stored failure.
 */
export function idempotencyKey(what: readonly unknown[]): string {
  return `tenantry-${createHash("sha256").update(JSON.stringify(what)).digest("hex")}`;
}

const UNREPEATED = "tenantry-unrepeated-";

/** A key for an update that charges: after a server error, it is left to the caller, which looks first. */
export function unrepeatedKey(): string {
  return `${UNREPEATED}${randomUUID()}`;
}

function clientOf(key: Secret, baseUrl: string | undefined, fetch: Fetch): Stripe {
  return new Stripe(key.reveal(), {
    ...(baseUrl === undefined ? {} : addressOf(new URL(baseUrl))),
    httpClient: Stripe.createFetchHttpClient(fetch),
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

function addressOf(url: URL): { host: string; port: string; protocol: "http" | "https" } {
  const protocol = url.protocol === "http:" ? "http" : "https";
  return { host: url.hostname, port: url.port || (protocol === "http" ? "80" : "443"), protocol };
}

function isRead(method: string): boolean {
  return method === "GET";
}

/** Updates are idempotent, except those that charge: `POST /v1/customers/cus_1` updates, `POST /v1/customers` creates. */
const UPDATES = /^\/v1\/(billing_portal\/configurations|(?!billing_portal)[a-z_]+)\/[^/]+$/;

/**
 * The call to retry, if it may be retried. Stripe repeats the first response to an idempotency key, including errors. After a
 * server error, an update is therefore sent with a new key, and a creation is left to the caller, which searches first.
 */
function repeatable(call: Call, outcome: Outcome): Call | undefined {
  const key = call.headers.get("idempotency-key");
  const isUpdate = UPDATES.test(call.url.pathname) && !key?.startsWith(UNREPEATED);
  const harmless = call.method !== "POST" || isUpdate;
  if ("error" in outcome) return harmless || key !== null ? call : undefined;
  const { status, headers } = outcome.response;
  if (headers.get("stripe-should-retry") === "false") return undefined;
  // An earlier attempt with the key is still running, or another request holds the object's lock.
  if (status === 409) return call;
  return status >= 500 && harmless ? withNewKey(call) : undefined;
}

function withNewKey(call: Call): Call {
  if (!call.headers.has("idempotency-key")) return call;
  const headers = new Headers(call.headers);
  headers.set("idempotency-key", `tenantry-${randomUUID()}`);
  return { ...call, headers };
}

/** Stripe's client reports every error of the fetch function as a failed connection. */
function ownError(error: Stripe.errors.StripeError): Error | undefined {
  const { detail } = error;
  const isOurs = detail instanceof WriteRefused || (detail instanceof Error && detail.name === "AbortError");
  return isOurs ? detail : undefined;
}

function asVendorError(operation: string, error: Stripe.errors.StripeError): VendorError {
  const reason = new Headers(error.headers).get("stripe-rate-limited-reason") ?? undefined;
  const why = reason ?? (error.detail instanceof Error ? error.detail.message : undefined);
  return new VendorError({
    vendor: "Stripe",
    operation,
    status: error.statusCode,
    requestId: error.requestId,
    code: error.code ?? error.rawType ?? error.type,
    isReplayed: isReplayed(error.headers),
    message: why === undefined ? error.message : `${error.message} (${why})`,
    remedy: remedyFor(error),
    cause: error,
  });
}

function remedyFor(error: Stripe.errors.StripeError): string {
  const { statusCode: status } = error;
  if (status === undefined)
    return "Check the network and STRIPE_API_BASE, then run again. Nothing is created twice.";
  if (status >= 500) return "Stripe returned a server error (https://status.stripe.com): run again later.";
  return REMEDIES[status] ?? "See https://docs.stripe.com/error-codes.";
}

const REMEDIES: Readonly<Record<number, string>> = {
  400: "Stripe rejected the request: correct what the message names, then run again.",
  401: "Check STRIPE_API_KEY: it is wrong, expired or revoked.",
  402: "The payment failed: the customer must add another payment method.",
  403: "Give the restricted key of STRIPE_API_KEY the permission that the message names.",
  404: "Check that the object exists in the account and mode of STRIPE_API_KEY.",
  409: "Another request changed the same object at the same time: run again.",
  429: "The account's rate limit is exceeded: wait a minute, or run less in parallel.",
};
