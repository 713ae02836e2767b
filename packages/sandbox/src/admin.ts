import { Hono } from "hono";
import * as z from "zod";
import { FAULT_KINDS } from "./faults.ts";
import type { Interceptor } from "./interceptor.ts";

const fault = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  response: z
    .strictObject({
      status: z.int().min(200).max(599),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.unknown().optional(),
    })
    .optional(),
  service: z.enum(["supabase", "stripe", "postgres"]).optional(),
  writesOnly: z.boolean().optional(),
  match: z.string().optional(),
  share: z.number().min(0).max(1).optional(),
  nth: z.number().int().min(1).optional(),
  milliseconds: z.number().min(0).optional(),
});
const faults = z.strictObject({ faults: z.array(fault), seed: z.number().int().optional() });

const organizations = z.strictObject({ paid: z.array(z.string()), free: z.array(z.string()) });

/** Slugs of the Supabase organizations to create, by plan. */
export interface Organizations {
  readonly paid: readonly string[];
  readonly free: readonly string[];
}

/**
 * Creates the routes under `/_sandbox` that control the sandbox from other processes. The local Supabase serves them.
 *
 * - `GET /`: returns the sandbox's id.
 * - `PUT /faults`: replaces all configured faults.
 * - `PUT /organizations`: adds the organizations that don't exist.
 * - `GET /requests`, `DELETE /requests`: returns or clears the recorded requests.
 * - `GET /held`: responds once a hold fault holds a request.
 * - `POST /release`: resumes all held requests.
 */
export function createAdmin(options: {
  id: string;
  token: string;
  interceptor: Interceptor;
  addOrganizations: (given: Organizations) => void;
}): Hono {
  const { interceptor } = options;
  const app = new Hono().basePath("/_sandbox");
  app.use(async (context, next) => {
    if (context.req.header("authorization") === `Bearer ${options.token}`) return next();
    return context.json({ message: "Unauthorized" }, 401);
  });
  app.get("/", (context) => context.json({ id: options.id }));
  app.put("/faults", async (context) => {
    const given = faults.safeParse(await context.req.json());
    if (!given.success) return context.json({ message: z.prettifyError(given.error) }, 400);
    interceptor.setFaults(given.data.faults, given.data.seed);
    return context.body(null, 204);
  });
  app.put("/organizations", async (context) => {
    const given = organizations.safeParse(await context.req.json());
    if (!given.success) return context.json({ message: z.prettifyError(given.error) }, 400);
    options.addOrganizations(given.data);
    return context.body(null, 204);
  });
  app.get("/requests", (context) => context.json(interceptor.requests()));
  app.delete("/requests", (context) => {
    interceptor.clearRequests();
    return context.body(null, 204);
  });
  app.get("/held", async (context) => context.json(await interceptor.held()));
  app.post("/release", (context) => {
    interceptor.release();
    return context.body(null, 204);
  });
  return app;
}
