import * as z from "zod";
import { answer, type Supabase } from "../../../supabase/client.ts";
import type { Group } from "./group.ts";

export const sslSettings = z
  .strictObject({ enforced: z.boolean().describe("Whether the database refuses plain connections.") })
  .describe("A change restarts the database.");

export const sslGroup: Group<z.infer<typeof sslSettings>> = {
  async observe(context, ref) {
    return { enforced: await isSslEnforced(context.supabase, ref) };
  },
  async ensure(context, ref, wanted) {
    // A write restarts the database even when nothing changes: always look.
    if ((await isSslEnforced(context.supabase, ref)) === wanted.enforced) return;
    await answer(
      context.supabase.api.PUT("/v1/projects/{ref}/ssl-enforcement", {
        params: { path: { ref } },
        body: { requestedConfig: { database: wanted.enforced } },
      }),
    );
  },
};

async function isSslEnforced(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await answer(
    supabase.api.GET("/v1/projects/{ref}/ssl-enforcement", { params: { path: { ref } } }),
  );
  return found.currentConfig.database;
}
