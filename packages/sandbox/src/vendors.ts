import type { Hono } from "hono";
import type { Vendor } from "./http-interceptor.ts";
import type { LocalStripe } from "./stripe/app.ts";
import { refusal } from "./supabase/refusals.ts";

export function supabaseVendor(app: Hono): Vendor {
  return { service: "supabase", fetch: (request) => app.fetch(request), isWrite: isSupabaseWrite, refusal };
}

export function stripeVendor({ app, store }: LocalStripe): Vendor {
  return {
    service: "stripe",
    fetch: (request) => app.fetch(request),
    store,
    isWrite: (method) => method !== "GET",
    refusal: stripeRefusal,
  };
}

function isSupabaseWrite(method: string, path: string, body: string): boolean {
  if (method === "GET" || method === "HEAD") return false;
  if (path.endsWith("/database/query/read-only")) return false;
  if (!path.endsWith("/database/query")) return true;
  try {
    return (JSON.parse(body) as { read_only?: unknown }).read_only !== true;
  } catch {
    // The API refuses malformed JSON, so nothing changes. It still counts as a write, because the client attempted one.
    return true;
  }
}

/** @see https://docs.stripe.com/rate-limits */
function stripeRefusal(status: 429 | 500): Response {
  const error =
    status === 429
      ? {
          type: "invalid_request_error",
          code: "rate_limit",
          message: "Too many requests hit the API too quickly.",
        }
      : { type: "api_error", message: "An unknown error occurred." };
  const headers = { "request-id": `req_${crypto.randomUUID().replaceAll("-", "").slice(0, 14)}` };
  return Response.json({ error }, { status, headers });
}
