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
    allowedCidrs: z.array(z.string()).optional().describe("IPv4 ranges that can connect to the database."),
    allowedCidrsV6: z.array(z.string()).optional().describe("IPv6 ranges that can connect to the database."),
  })
  .describe("The database's network restrictions. Written as a whole: an absent list is cleared.");

type Network = z.infer<typeof networkSettings>;

export const networkGroup: Group<Network> = {
  async observe(context, ref, declared) {
    const found = await allowedCidrs(context.supabase, ref);
    // A different order or notation of the same ranges isn't drift.
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
