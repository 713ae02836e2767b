import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

/** Whether the database refuses unencrypted connections, now and before the latest change. */
interface Enforcement {
  readonly database: boolean;
  readonly former: boolean;
}

const PATH = "/v1/projects/{ref}/ssl-enforcement";

/** @see https://supabase.com/docs/reference/api/v1-update-ssl-enforcement-config */
export const sslEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => {
      const { ref } = account.project(parameter("ref"));
      return {
        currentConfig: { database: isTlsEnforced(account, ref) },
        appliedSuccessfully: true,
      };
    },
  }),
  endpoint({
    method: "PUT",
    path: PATH,
    body: z.strictObject({ requestedConfig: z.strictObject({ database: z.boolean() }) }),
    handle: async ({ account, parameter, body }) => {
      const project = account.project(parameter("ref"));
      account.requireDatabase(project);
      const { database } = body.requestedConfig;
      const former = isTlsEnforced(account, project.ref);
      account.documents<Enforcement>("ssl-enforcement").put(project.ref, { database, former });
      account.change(project, ["ACTIVE_HEALTHY", "RESTARTING", "RESTARTING"], "ACTIVE_HEALTHY");
      // The change restarts the database, which closes its connections.
      await account.servers.stop(project.ref);
      return { currentConfig: { database }, appliedSuccessfully: true };
    },
  }),
];

export function isTlsEnforced(account: Account, ref: string): boolean {
  const found = account.documents<Enforcement>("ssl-enforcement").get(ref);
  const project = account.projects.get(ref);
  if (found === undefined || project === undefined) return false;
  return account.isLagging(project) ? found.former : found.database;
}
