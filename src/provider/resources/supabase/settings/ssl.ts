import * as z from "zod";
import { enforceSsl, isSslEnforced } from "../../../../vendors/supabase/ssl.ts";
import type { Group } from "./group.ts";

export const sslSettings = z
  .strictObject({ enforced: z.boolean().describe("Whether the database refuses unencrypted connections.") })
  .describe("SSL enforcement. A change restarts the database.");

export const sslGroup: Group<z.infer<typeof sslSettings>> = {
  async observe(context, ref) {
    return { enforced: await isSslEnforced(context.supabase, ref) };
  },
  async ensure(context, ref, { enforced }) {
    await enforceSsl(context.supabase, ref, enforced, context.signal);
  },
};
