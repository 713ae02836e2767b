import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

/**
 * The settings and the address of the pooler.
 *
 * Supabase returns the entry for transaction mode on port 6543, and serves session mode on port 5432 of the same host. The
 * sandbox has only one port, for session mode, and returns an entry for it.
 *
 * @see https://supabase.com/docs/reference/api/v1-get-pooler-config
 */
export const poolerEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/projects/{ref}/config/database/pooler",
    handle: ({ account, parameter }) => {
      const { ref } = account.project(parameter("ref"));
      const { host, port } = account.pooler;
      const url = `postgresql://postgres.${ref}:[YOUR-PASSWORD]@${host}:${port}/postgres`;
      return [
        {
          identifier: ref,
          database_type: "PRIMARY",
          is_using_scram_auth: true,
          db_user: `postgres.${ref}`,
          db_host: host,
          db_port: port,
          db_name: "postgres",
          connection_string: url,
          connectionString: url,
          default_pool_size: poolSizeOf(account, ref) ?? null,
          max_client_conn: null,
          pool_mode: "session",
        },
      ];
    },
  }),
  endpoint({
    method: "PATCH",
    path: "/v1/projects/{ref}/config/database/pooler",
    body: z.strictObject({
      default_pool_size: z.number().int().min(0).max(3000).nullish(),
      pool_mode: z.enum(["transaction", "session"]).optional(),
    }),
    handle: ({ account, parameter, body }) => {
      const { ref } = account.project(parameter("ref"));
      const sizes = account.documents<number>("pool-sizes");
      if (typeof body.default_pool_size === "number") sizes.put(ref, body.default_pool_size);
      if (body.default_pool_size === null) sizes.delete(ref);
      return { default_pool_size: sizes.get(ref) ?? null, pool_mode: "session" };
    },
  }),
];

/** Returns the pool size of a project, or undefined if none is set. */
export function poolSizeOf(account: Account, ref: string): number | undefined {
  return account.documents<number>("pool-sizes").get(ref);
}
