import type { Secret } from "@tenantry/core/secret";
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type * as z from "zod";
import type { Account } from "./account.ts";
import { addonEndpoints } from "./addons.ts";
import { apiKeyEndpoints } from "./api-keys.ts";
import { authEndpoints } from "./auth-config.ts";
import { databaseEndpoints } from "./database-query.ts";
import type { Endpoint } from "./endpoint.ts";
import { ApiError } from "./errors.ts";
import { healthEndpoints } from "./health.ts";
import { networkEndpoints } from "./network-restrictions.ts";
import { organizationEndpoints } from "./organizations.ts";
import { poolerEndpoints } from "./pooler-config.ts";
import { postgrestEndpoints } from "./postgrest-config.ts";
import { projectEndpoints } from "./projects.ts";
import { rateLimits } from "./rate-limits.ts";
import { realtimeEndpoints } from "./realtime-config.ts";
import { secretEndpoints } from "./secrets.ts";
import { sslEndpoints } from "./ssl-enforcement.ts";
import { storageEndpoints } from "./storage-config.ts";
import { thirdPartyAuthEndpoints } from "./third-party-auth.ts";

/** The routes of the local Management API. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...organizationEndpoints,
  ...projectEndpoints,
  ...healthEndpoints,
  ...apiKeyEndpoints,
  ...databaseEndpoints,
  ...poolerEndpoints,
  ...authEndpoints,
  ...thirdPartyAuthEndpoints,
  ...postgrestEndpoints,
  ...realtimeEndpoints,
  ...storageEndpoints,
  ...sslEndpoints,
  ...networkEndpoints,
  ...secretEndpoints,
  ...addonEndpoints,
];

/** Creates the local Management API. */
export function createSupabase(options: { account: Account; token: Secret; perMinute: number }): Hono {
  const { account, token, perMinute } = options;
  const app = new Hono();
  app.use(async (context, next) => {
    if (context.req.header("authorization") === `Bearer ${token.reveal()}`) return next();
    return context.json({ message: "Unauthorized" }, 401);
  });
  app.use(rateLimits({ perMinute, now: account.now }));
  for (const endpoint of ENDPOINTS)
    app.on(endpoint.method, endpoint.path.replace(/\{(\w+)\}/g, ":$1"), (context) =>
      answer(account, endpoint, context),
    );
  app.notFound((context) =>
    context.json({ message: `Cannot ${context.req.method} ${context.req.path}` }, 404),
  );
  app.onError((error, context) => {
    if (!(error instanceof ApiError))
      return context.json({ message: `Internal error in the sandbox: ${error.stack}` }, 500);
    return context.json({ message: error.message }, error.status as ContentfulStatusCode);
  });
  return app;
}

async function answer(account: Account, endpoint: Endpoint, context: Context): Promise<Response> {
  const query = checked(endpoint.query, queryOf(context), "query parameter");
  const body = checked(endpoint.body, await bodyOf(context), "property");
  const parameter = (name: string): string => context.req.param(name) ?? "";
  const result = await endpoint.handle({ account, parameter, query, body });
  const status = endpoint.status ?? 200;
  if (result === undefined) return context.body(null, status as StatusCode);
  return context.json(result as object, status as ContentfulStatusCode);
}

/** The query parameters by name. A parameter that is repeated has a list of values. */
function queryOf(context: Context): Record<string, string | string[]> {
  const entries = Object.entries(context.req.queries());
  return Object.fromEntries(
    entries.map(([name, values]) => [name, values.length > 1 ? values : (values[0] ?? "")]),
  );
}

async function bodyOf(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, error instanceof Error ? error.message : "Malformed JSON");
  }
}

function checked(schema: z.ZodType | undefined, value: unknown, kind: string): unknown {
  if (schema === undefined) {
    const [extra] = Object.keys(value as object);
    if (extra !== undefined) throw new ApiError(400, `${kind} ${extra} should not exist`);
    return undefined;
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ApiError(400, result.error.issues.map((issue) => told(issue, kind)).join(", "));
}

function told(issue: z.core.$ZodIssue, kind: string): string {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${kind} ${key} should not exist`).join(", ");
  return `${issue.path.join(".")}: ${issue.message}`;
}
