import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { FaultResponse, Service } from "./faults.ts";
import type { Interceptor } from "./interceptor.ts";

/** A vendor API whose requests are intercepted. */
export interface Vendor {
  readonly service: Service;
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly isWrite: (method: string, path: string, body: string) => boolean;
  /** The vendor's own rate-limit and server-error responses. */
  readonly refusal: (status: 429 | 500) => Response;
  /** Stores the response to replay when the request is repeated, if the vendor supports idempotency keys. */
  readonly store?: (request: Request, answer: Response) => Promise<void>;
}

/** Creates a fetch handler for @hono/node-server that intercepts requests to a vendor API. */
export function intercepted(
  interceptor: Interceptor,
  vendor: Vendor,
): (request: Request, env: HttpBindings) => Promise<Response> {
  return async (request, { incoming, outgoing }) => {
    const { method } = request;
    const url = new URL(request.url);
    const path = url.pathname + url.search;
    const bytes = Buffer.from(await request.arrayBuffer());
    const body = bytes.toString("utf8");
    const hasBody = method !== "GET" && method !== "HEAD" && bytes.length > 0;
    const copy = () =>
      new Request(request.url, { method, headers: request.headers, ...(hasBody ? { body: bytes } : {}) });
    return interceptor.handle({
      request: { service: vendor.service, method, path, body, write: vendor.isWrite(method, path, body) },
      forward: async () => vendor.fetch(copy()),
      statusOf: (response) => response.status,
      refuse: vendor.refusal,
      store: async (answer) => vendor.store?.(copy(), answer.clone()),
      respond,
      cut: () => {
        outgoing.socket?.destroy();
        return RESPONSE_ALREADY_SENT;
      },
      isGone: () => incoming.aborted || incoming.socket.readableEnded || incoming.socket.destroyed,
    });
  };
}

function respond({ status, headers, body }: FaultResponse): Response {
  const init = headers === undefined ? { status } : { status, headers };
  if (body === undefined) return new Response(null, init);
  return typeof body === "string" ? new Response(body, init) : Response.json(body, init);
}
