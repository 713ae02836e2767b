import * as z from "zod";
import { answer, type Supabase } from "../../../supabase/client.ts";
import { differing, type Group, isEmpty, present } from "./group.ts";

export const networkSettings = z
  .strictObject({
    allowedCidrs: z.array(z.string()).optional().describe("IPv4 ranges that reach the database."),
    allowedCidrsV6: z.array(z.string()).optional().describe("IPv6 ranges that reach the database."),
  })
  .describe("Who reaches the database; written as a whole: a list that is absent is cleared.");

export const networkGroup: Group<z.infer<typeof networkSettings>> = {
  async observe(context, ref) {
    const { config } = await getNetwork(context.supabase, ref);
    return present({ allowedCidrs: config.dbAllowedCidrs, allowedCidrsV6: config.dbAllowedCidrsV6 });
  },
  async ensure(context, ref, wanted) {
    const { config } = await getNetwork(context.supabase, ref);
    const body = { dbAllowedCidrs: wanted.allowedCidrs ?? [], dbAllowedCidrsV6: wanted.allowedCidrsV6 ?? [] };
    if (isEmpty(differing(body, { dbAllowedCidrs: [], dbAllowedCidrsV6: [], ...config }))) return;
    await answer(
      context.supabase.api.POST("/v1/projects/{ref}/network-restrictions/apply", {
        params: { path: { ref } },
        body,
      }),
    );
  },
};

function getNetwork(supabase: Supabase, ref: string) {
  return answer(supabase.api.GET("/v1/projects/{ref}/network-restrictions", { params: { path: { ref } } }));
}
