import { UserError, VendorError } from "@tenantry/core/errors";
import { Secret } from "@tenantry/core/secret";
import createClient, { type Client, type Middleware } from "openapi-fetch";
import { HeaderLimiter } from "../http/limiter.ts";
import { type Call, type Fetch, type Outcome, rateLimitedFetch } from "../http/rate-limited-fetch.ts";
import { ReadCache, refuseWrites } from "../http/read-only.ts";
import { type RetryOptions, retryOptionsFromEnv } from "../http/retry-options.ts";
import type { paths } from "./types.ts";

const DEFAULT_URL = "https://api.supabase.com";

/** A client of the Management API. Every call either succeeds or throws a `VendorError`. */
export interface Supabase {
  readonly api: Client<paths>;
}

/** A writing and a reading client that share a token and its rate limits. */
export interface SupabaseAccess {
  readonly writer: Supabase;
  /** Refuses every write before it is sent, and sends equal reads at about the same time only once. */
  readonly reader: Supabase;
  /** Clears the reader's cache. Called when a run begins. */
  forget(): void;
}

/**
 * Creates a client of the Management API.
 *
 * @param options.baseUrl default https://api.supabase.com
 * @param options.readOnly refuses every write before it is sent. Default false
 */
export function createSupabase(options: {
  readonly token: Secret;
  readonly baseUrl?: string | undefined;
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal;
}): Supabase {
  const access = supabaseAccess(options);
  return options.readOnly ? access.reader : access.writer;
}

function supabaseAccess(options: {
  readonly token: Secret;
  readonly baseUrl?: string | undefined;
  readonly signal?: AbortSignal;
  readonly patience?: RetryOptions;
}): SupabaseAccess {
  const baseUrl = options.baseUrl ?? DEFAULT_URL;
  const send = rateLimitedFetch({
    limiter: new HeaderLimiter(),
    bucketOf: ({ method, url }) => `${method} ${url.pathname}`,
    again: repeatable,
    ...options.patience,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const reads = new ReadCache();
  return {
    writer: clientOf(baseUrl, options.token, send),
    reader: clientOf(baseUrl, options.token, refuseWrites(reads.share(send), isRead)),
    forget: () => reads.forget(),
  };
}

/** @throws UserError if SUPABASE_ACCESS_TOKEN is missing */
export function supabaseFromEnv(
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): SupabaseAccess {
  const token = env.SUPABASE_ACCESS_TOKEN;
  if (token === undefined || token === "")
    throw new UserError("SUPABASE_ACCESS_TOKEN is not set.", {
      remedy:
        "Set it to a personal access token (https://supabase.com/dashboard/account/tokens), or add --sandbox to try without one.",
    });
  return supabaseAccess({
    token: new Secret(token),
    baseUrl: env.SUPABASE_API_URL,
    patience: retryOptionsFromEnv(env),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Returns the response's body. */
export async function dataOf<T>(call: Promise<{ readonly data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** Returns the response's body, or undefined if the object is gone: 404, or 406 for some settings of a deleted project. */
export async function dataOrGone<T>(call: Promise<{ readonly data?: T }>): Promise<T | undefined> {
  try {
    return await dataOf(call);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export function isGone(error: unknown): boolean {
  return error instanceof VendorError && (error.status === 404 || error.status === 406);
}

function clientOf(baseUrl: string, token: Secret, fetch: Fetch): Supabase {
  const api = createClient<paths>({
    baseUrl,
    fetch,
    headers: { authorization: `Bearer ${token.reveal()}` },
    querySerializer: { array: { style: "form", explode: false } },
  });
  api.use(failures);
  return { api };
}

const failures: Middleware = {
  async onResponse({ request, response }) {
    if (response.ok && !(await isPage(response))) return;
    const message = messageOf(await response.text());
    throw new VendorError({
      vendor: "Supabase",
      operation: operationOf(request),
      status: response.status,
      requestId: response.headers.get("x-request-id") ?? response.headers.get("cf-ray") ?? undefined,
      message,
      remedy: remedyFor(response.status, message),
      cause: new Error(message),
    });
  },
  onError({ request, error }) {
    // Our own bugs and cancellations aren't Supabase's failures.
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    if (!(error instanceof TypeError) && !isTimeout) return;
    throw new VendorError({
      vendor: "Supabase",
      operation: operationOf(request),
      message: reasonOf(error),
      remedy: "Check the network and SUPABASE_API_URL, then run again. Nothing is created twice.",
      cause: error,
    });
  },
};

function operationOf(request: Request): string {
  return `${request.method} ${new URL(request.url).pathname}`;
}

/** Errors are `{"message": "…"}`. A proxy may answer with an HTML page. */
function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // Not JSON: show the text.
  }
  return body.slice(0, 200) || "no message";
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** Whether a response is an HTML page of a proxy, whatever its status. Empty responses may have the HTML type, too. */
async function isPage(response: Response): Promise<boolean> {
  const isHtml = response.headers.get("content-type")?.startsWith("text/html") === true;
  return isHtml && (await response.clone().text()) !== "";
}

function remedyFor(status: number, message: string): string {
  if (status < 400) return "The response isn't from Supabase: check SUPABASE_API_URL and any proxies.";
  if (status >= 500)
    return "Supabase returned a server error (https://status.supabase.com): run again later.";
  if (status < 500 && /preview branch/i.test(message))
    return "Delete the project's preview branches in Supabase's dashboard (Branches), then run again.";
  if (status < 500 && /active free projects/i.test(message))
    return "Pause or delete another project of a free organization, or upgrade the organization's plan, then run again.";
  return REMEDIES[status] ?? "See https://supabase.com/docs/reference/api for this operation's parameters.";
}

const REMEDIES: Readonly<Record<number, string>> = {
  400: "Supabase rejected the request: correct what the message names, then run again.",
  401: "Check SUPABASE_ACCESS_TOKEN: it is wrong, expired or revoked.",
  402: "Supabase refused it for the organization's billing: pay what is due, or change its plan, at https://supabase.com/dashboard/org/_/billing; or declare less.",
  403: "Give the token's user the Owner or Administrator role in the Supabase organization.",
  404: "Check that the object exists and that the token's user has access to it.",
  409: "An object with this name already exists: rename one of the two.",
  429: "The token's rate limit is exceeded: wait a minute, or reduce the parallelism.",
};

/** POST requests that are safe to send twice. */
const IDEMPOTENT_POSTS = /\/(secrets|network-restrictions\/apply|restore|pause)$/;

function repeatable(call: Call, outcome: Outcome): Call | undefined {
  const mayRepeat =
    call.method !== "POST" ||
    IDEMPOTENT_POSTS.test(call.url.pathname) ||
    isRead(call.method, call.url, call.body ?? "");
  const failed = "error" in outcome || outcome.response.status >= 500;
  return mayRepeat && failed ? call : undefined;
}

function isRead(method: string, url: URL, body: string): boolean {
  if (method === "GET" || method === "HEAD") return true;
  return url.pathname.endsWith("/database/query") && isReadOnlyQuery(body);
}

function isReadOnlyQuery(body: string): boolean {
  const parsed: unknown = JSON.parse(body);
  return typeof parsed === "object" && parsed !== null && "read_only" in parsed && parsed.read_only === true;
}
