import type { MiddlewareHandler } from "hono";
import { tooManyRequests } from "./refusals.ts";

const WINDOW = 60_000;

/**
 * Limits requests per minute, per endpoint and per project or organization. Every response has rate-limit headers.
 *
 * @see https://supabase.com/docs/reference/api/introduction
 */
export function rateLimits(options: { perMinute: number; now: () => number }): MiddlewareHandler {
  const windows = new Map<string, { count: number; endsAt: number }>();
  return async (context, next) => {
    const key = `${context.req.method} ${withoutIds(context.req.path)}`;
    const now = options.now();
    let window = windows.get(key);
    if (window === undefined || window.endsAt <= now) {
      window = { count: 0, endsAt: now + WINDOW };
      windows.set(key, window);
    }
    window.count++;
    const reset = Math.ceil((window.endsAt - now) / 1000);
    if (window.count > options.perMinute) return tooManyRequests(options.perMinute, reset);
    await next();
    context.header("x-ratelimit-limit", String(options.perMinute));
    context.header("x-ratelimit-remaining", String(options.perMinute - window.count));
    context.header("x-ratelimit-reset", String(reset));
    return undefined;
  };
}

/** Replaces UUIDs in a path. Keeps the project or organization, because each has its own limit. */
function withoutIds(path: string): string {
  return path.replace(/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, "/{id}");
}
