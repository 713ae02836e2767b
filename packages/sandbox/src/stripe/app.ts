import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Store } from "../store.ts";
import { Account, STRIPE_VERSION } from "./account.ts";
import { Clock } from "./billing/clock.ts";
import { runDueWork } from "./billing/due-work.ts";
import { KINDS, OPERATIONS } from "./operations.ts";
import { authenticate } from "./protocol/authentication.ts";
import { invalidParameter, StripeError } from "./protocol/errors.ts";
import { expand } from "./protocol/expand.ts";
import { decodeForm, type FormObject } from "./protocol/form.ts";
import { type Answer, IdempotencyKeys } from "./protocol/idempotency.ts";
import { newId } from "./protocol/ids.ts";
import type { Operation } from "./protocol/operation.ts";
import { list, readParameters, text } from "./protocol/parameters.ts";
import { RateLimit } from "./protocol/rate-limit.ts";
import { addSandboxRoutes } from "./sandbox-routes.ts";
import type { Shown } from "./stored.ts";
import { Deliveries } from "./webhooks/deliveries.ts";

export interface StripeOptions {
  readonly store: Store;
  /** The API key that requests must have. */
  readonly key: string;
  /** Returns the current time. Default: the machine's clock. `POST /_sandbox/clock` advances the account's clock. */
  readonly now?: () => Date;
  /** The rate limit in requests per second. Default 25, as in Stripe's sandboxes. Infinity disables the limit. */
  readonly requestsPerSecond?: number;
  /** Milliseconds until a failed webhook delivery is retried. Doubles with each retry. Default 500. */
  readonly webhookRetryAfter?: number;
  /** Called before a POST request executes, while its idempotency key is in use. The request waits for the promise. */
  readonly working?: () => Promise<void>;
}

export interface LocalStripe {
  readonly app: Hono;
  /** Stores a response under the request's idempotency key and replaces a stored one. Does nothing if there is no key. */
  store(request: Request, answer: Response): Promise<void>;
  /** Stops background work. Call it after the last request. */
  stop(): Promise<void>;
}

/**
 * Creates a stateful local Stripe with one account and one API key.
 *
 * Trials, renewals and retries that are due by the account's clock run before each request, and when
 * `POST /_sandbox/clock` advances the clock (./sandbox-routes.ts).
 */
export function createStripe(options: StripeOptions): LocalStripe {
  const account = new Account(options.store, new Clock(options.store, options.now ?? (() => new Date())));
  const answers = new IdempotencyKeys(options.store.collection("stripe.idempotency_keys"));
  const limit = new RateLimit(options.requestsPerSecond ?? 25);
  const app = new Hono();

  const deliveries = new Deliveries(account, options.webhookRetryAfter ?? 500);
  deliveries.wake();
  addSandboxRoutes(app, account, () => deliveries.wake());
  for (const operation of OPERATIONS)
    app.on(operation.method, operation.path, (context) =>
      respond(context, (requestId) => answer(context, operation, requestId)),
    );
  app.notFound((context) =>
    respond(context, () => {
      authenticate(context.req.header("authorization"), options.key);
      throw unknownRoute(context);
    }),
  );
  return { app, store, stop: () => deliveries.stop() };

  async function store(request: Request, told: Response): Promise<void> {
    const key = request.headers.get("idempotency-key");
    if (request.method !== "POST" || key === null) return;
    const url = new URL(request.url);
    const form = decodeForm(
      [url.search.slice(1), await request.text()].filter((part) => part !== "").join("&"),
    );
    const requestId = told.headers.get("request-id") ?? newId("req");
    answers.store(
      { key, endpoint: url.pathname, body: canonical(form), now: account.now() },
      { status: told.status, body: await told.text(), requestId },
    );
  }

  async function answer(context: Context, operation: Operation, requestId: string): Promise<Response> {
    authenticate(context.req.header("authorization"), options.key);
    limit.admit();
    const form = await readForm(context);
    const key = context.req.header("idempotency-key");
    const execute = async (): Promise<Answer & { keep: boolean }> => {
      if (operation.method === "post") await options.working?.();
      const told = run(account, operation, { id: context.req.param("id") ?? "", form, requestId, key });
      deliveries.wake();
      return told;
    };
    if (operation.method !== "post" || key === undefined) return json(context, await execute());
    const endpoint = new URL(context.req.url).pathname;
    const request = { key, endpoint, body: canonical(form), now: account.now() };
    const told = await answers.once(request, execute);
    context.header("Idempotency-Key", key);
    context.header("Original-Request", told.requestId);
    if (told.replayed) context.header("Idempotent-Replayed", "true");
    return json(context, told);
  }
}

/** Runs one operation at one instant. Rolls back on failure, unless the error keeps its effects. */
function run(
  account: Account,
  operation: Operation,
  request: {
    readonly id: string;
    readonly form: FormObject;
    readonly requestId: string;
    readonly key: string | undefined;
  },
): Answer & { keep: boolean } {
  const { form, id, requestId } = request;
  try {
    runDueWork(account);
    const { expand: paths, ...given } = form;
    const parameters = readParameters(operation.parameters, given);
    const expansions = paths === undefined ? [] : readParameters(list(text()), paths as FormObject);
    const shown = account.at(account.now(), () =>
      account.atomically(
        { id: requestId, idempotency_key: request.key ?? null },
        () => expand(operation.run({ account, parameters, id }) as Shown, expansions, KINDS, account),
        (error) => error instanceof StripeError && error.keepsEffects,
      ),
    );
    return { status: 200, body: JSON.stringify(shown, null, 2), requestId, keep: true };
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    const body = JSON.stringify(error.body(requestId), null, 2);
    return { status: error.status, body, requestId, keep: error.executed };
  }
}

/** Adds headers to every response, and turns errors into error responses. */
async function respond(
  context: Context,
  answer: (requestId: string) => Promise<Response> | Response,
): Promise<Response> {
  const requestId = newId("req");
  context.header("Request-Id", requestId);
  context.header("Stripe-Version", STRIPE_VERSION);
  try {
    return await answer(requestId);
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    if (error.status === 401) context.header("WWW-Authenticate", 'Basic realm="Stripe"');
    if (error.status === 429) context.header("Stripe-Rate-Limited-Reason", "global-rate");
    return json(context, {
      status: error.status,
      body: JSON.stringify(error.body(requestId), null, 2),
      requestId,
    });
  }
}

function json(context: Context, answer: Answer): Response {
  context.header("Content-Type", "application/json");
  return context.body(answer.body, answer.status as ContentfulStatusCode);
}

/** Reads the parameters of the query string and of the body. */
async function readForm(context: Context): Promise<FormObject> {
  const query = new URL(context.req.url).search.slice(1);
  const body = context.req.method === "GET" ? "" : await context.req.text();
  const type = context.req.header("content-type") ?? "";
  if (body !== "" && !type.startsWith("application/x-www-form-urlencoded"))
    throw invalidParameter(
      "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.",
    );
  return decodeForm([query, body].filter((part) => part !== "").join("&"));
}

/** Serializes the parameters independently of their order. */
function canonical(value: FormObject[string]): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
}

function unknownRoute(context: Context): StripeError {
  const { method, path } = context.req;
  return new StripeError(
    404,
    "invalid_request_error",
    `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
    {},
    false,
  );
}
