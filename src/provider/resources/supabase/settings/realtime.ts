import * as z from "zod";
import { dataOf, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { Group } from "./group.ts";

export const realtimeSettings = z
  .strictObject({
    privateOnly: z
      .boolean()
      .describe(
        "Whether all channels are private, so that the policies on realtime.messages control who can join.",
      ),
  })
  .describe("The Realtime service.");

/** @see https://supabase.com/docs/guides/realtime/authorization */
export const realtimeGroup: Group<z.infer<typeof realtimeSettings>> = {
  async observe(context, ref) {
    return { privateOnly: await isPrivateOnly(context.supabase, ref) };
  },
  async ensure(context, ref, { privateOnly }, isNew) {
    if (!isNew && (await isPrivateOnly(context.supabase, ref)) === privateOnly) return;
    await dataOf(
      context.supabase.api.PATCH("/v1/projects/{ref}/config/realtime", {
        params: { path: { ref } },
        body: { private_only: privateOnly },
      }),
    );
  },
};

async function isPrivateOnly(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await dataOf(
    supabase.api.GET("/v1/projects/{ref}/config/realtime", { params: { path: { ref } } }),
  );
  return found.private_only ?? false;
}
