import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { Project } from "./projects-state.ts";

interface PostgrestConfig {
  /** The exposed schemas, separated by commas. Empty if the Data API is disabled. */
  readonly db_schema: string;
  readonly max_rows: number;
  readonly db_extra_search_path: string;
  readonly db_pool: number | null;
}

const DEFAULTS: PostgrestConfig = {
  db_schema: "public,graphql_public",
  max_rows: 1000,
  db_extra_search_path: "public, extensions",
  db_pool: null,
};

/** @see https://supabase.com/docs/reference/api/v1-get-postgrest-service-config */
export const postgrestEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/projects/{ref}/postgrest",
    handle: ({ account, parameter }) => {
      const project = account.project(parameter("ref"));
      return { ...postgrestConfig(account, project), jwt_secret: project.jwtSecret };
    },
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/projects/{ref}/postgrest",
    body: z.strictObject({
      db_extra_search_path: z.string().optional(),
      db_schema: z.string().optional(),
      max_rows: z.number().int().min(0).max(1_000_000).optional(),
      db_pool: z.number().int().min(0).max(1000).optional(),
    }),
    handle: ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const config = { ...postgrestConfig(account, project), ...given };
      return account.documents<PostgrestConfig>("postgrest").put(project.ref, config);
    },
  }),
];

export function postgrestConfig(account: Account, project: Project): PostgrestConfig {
  return account.documents<PostgrestConfig>("postgrest").get(project.ref) ?? DEFAULTS;
}
