import * as z from "zod";
import { type Account, DATABASE_READY } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { postgrestConfig } from "./postgrest-config.ts";
import type { Project } from "./projects-state.ts";

/** The share of the readiness delay after which each service is healthy. Some become healthy later than the project. */
const READY = {
  db: DATABASE_READY,
  db_postgres_user: 0.6,
  pg_bouncer: 0.7,
  auth: 0.8,
  rest: 0.9,
  storage: 1.0,
  pooler: 1.1,
  realtime: 1.2,
} as const;

type ServiceName = keyof typeof READY;

const serviceName = z.enum(Object.keys(READY) as ServiceName[]);

/** @see https://supabase.com/docs/reference/api/v1-get-services-health */
export const healthEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/projects/{ref}/health",
    query: z.strictObject({
      services: z.preprocess(
        (value) => (typeof value === "string" ? value.split(",") : value),
        z.array(serviceName),
      ),
      timeout_ms: z.coerce.number().int().min(0).max(10_000).optional(),
    }),
    handle: ({ account, parameter, query }) => {
      const project = account.project(parameter("ref"));
      return query.services.map((name) => health(account, project, name));
    },
  }),
];

function health(account: Account, project: Project, name: ServiceName): object {
  const status = account.status(project);
  if (status === "INACTIVE" || status === "PAUSING")
    return { name, healthy: false, status: "UNHEALTHY", error: "Project is not running" };
  if (name === "rest" && postgrestConfig(account, project).db_schema === "")
    return { name, healthy: false, status: "UNHEALTHY", error: "Data API is disabled" };
  if (account.hasReached(project, READY[name])) return { name, healthy: true, status: "ACTIVE_HEALTHY" };
  // Supabase's pooler reports this error until it receives the new project's configuration.
  if (name === "pooler") return { name, healthy: false, status: "UNHEALTHY", error: "Tenant not found" };
  return { name, healthy: false, status: "COMING_UP" };
}
