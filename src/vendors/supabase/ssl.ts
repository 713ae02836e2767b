import { dataOf, type Supabase } from "./client.ts";
import { poll } from "./poll.ts";

/** Whether a project's database refuses unencrypted connections. */
export async function isSslEnforced(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await dataOf(
    supabase.api.GET("/v1/projects/{ref}/ssl-enforcement", { params: { path: { ref } } }),
  );
  return found.currentConfig.database;
}

/**
 * Switches SSL enforcement on or off and waits until it is effective. Reads first, because every write restarts the
 * database, even without a change. After a change, the caller must wait for the project's services.
 *
 * @returns whether the setting was changed
 * @see https://supabase.com/docs/guides/platform/ssl-enforcement
 */
export async function enforceSsl(
  supabase: Supabase,
  ref: string,
  enforced: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await isSslEnforced(supabase, ref)) === enforced) return false;
  await dataOf(
    supabase.api.PUT("/v1/projects/{ref}/ssl-enforcement", {
      params: { path: { ref } },
      body: { requestedConfig: { database: enforced } },
    }),
  );
  // The answer tells what was asked for; until the restart begins the project keeps to what was before.
  await poll(
    `SSL enforcement of project ${ref}`,
    signal,
    async () => (await isSslEnforced(supabase, ref)) === enforced,
  );
  return true;
}
