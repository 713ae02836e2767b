import { dataOf, type Supabase } from "./client.ts";

/** The address of a project's session pooler, and the user to connect as. */
export interface SessionPooler {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

const SESSION_PORT = 5432;

/**
 * Looks up a project's session pooler. Its host can't be derived from the region.
 *
 * The API usually returns the transaction pooler. The session pooler is on the same host, on port 5432.
 */
export async function sessionPooler(supabase: Supabase, ref: string): Promise<SessionPooler> {
  const poolers = await dataOf(
    supabase.api.GET("/v1/projects/{ref}/config/database/pooler", { params: { path: { ref } } }),
  );
  const primary = poolers.filter((each) => each.database_type === "PRIMARY");
  const session = primary.find((each) => each.pool_mode === "session");
  const found = session ?? primary[0];
  if (found === undefined) throw new Error(`Supabase returned no primary pooler for project ${ref}`);
  return {
    host: found.db_host,
    port: session === undefined ? SESSION_PORT : found.db_port,
    user: `postgres.${ref}`,
    database: found.db_name,
  };
}
