import * as z from "zod";
import {
  type AllowedCidrs,
  allowedCidrs,
  restrictNetwork,
  sameCidrs,
} from "../../../../vendors/supabase/network.ts";
import type { Group } from "./group.ts";

export const networkSettings = z
  .strictObject({
    allowedCidrs: z.array(z.string()).optional().describe("IPv4 ranges that reach the database."),
    allowedCidrsV6: z.array(z.string()).optional().describe("IPv6 ranges that reach the database."),
  })
  .describe("Who reaches the database; written as a whole: a list that is absent is cleared.");

type Network = z.infer<typeof networkSettings>;

export const networkGroup: Group<Network> = {
  async observe(context, ref, declared) {
    const found = await allowedCidrs(context.supabase, ref);
    // In the declaration's own order and form, where it is the same.
    if (sameCidrs(found, cidrsOf(declared))) return declared;
    return { allowedCidrs: [...found.v4], allowedCidrsV6: [...found.v6] };
  },
  async ensure(context, ref, declared, isNew) {
    const wanted = cidrsOf(declared);
    if (!isNew && sameCidrs(await allowedCidrs(context.supabase, ref), wanted)) return;
    await restrictNetwork(context.supabase, ref, wanted, context.signal);
  },
};

export function cidrsOf(network: Network): AllowedCidrs {
  return { v4: network.allowedCidrs ?? [], v6: network.allowedCidrsV6 ?? [] };
}
