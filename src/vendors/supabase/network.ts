import { isDeepStrictEqual } from "node:util";
import { dataOf, type Supabase } from "./client.ts";
import { poll } from "./poll.ts";

/** CIDR ranges that can connect to a project's database. If both lists are empty, nobody can. */
export interface AllowedCidrs {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

const EVERYBODY: AllowedCidrs = { v4: ["0.0.0.0/0"], v6: ["::/0"] };

/**
 * The ranges that can connect to a project's database, directly and through the pooler. The HTTP APIs aren't restricted.
 *
 * Restrictions that are stored but not applied have no effect, so everybody is allowed.
 *
 * @see https://supabase.com/docs/guides/platform/network-restrictions
 */
export async function allowedCidrs(supabase: Supabase, ref: string): Promise<AllowedCidrs> {
  const { config, status } = await dataOf(
    supabase.api.GET("/v1/projects/{ref}/network-restrictions", { params: { path: { ref } } }),
  );
  if (status !== "applied") return EVERYBODY;
  return { v4: config.dbAllowedCidrs ?? [], v6: config.dbAllowedCidrsV6 ?? [] };
}

/** Replaces the network restrictions and waits until they are applied. */
export async function restrictNetwork(
  supabase: Supabase,
  ref: string,
  { v4, v6 }: AllowedCidrs,
  signal: AbortSignal,
): Promise<void> {
  const body = { dbAllowedCidrs: [...v4], dbAllowedCidrsV6: [...v6] };
  const { status } = await dataOf(
    supabase.api.POST("/v1/projects/{ref}/network-restrictions/apply", { params: { path: { ref } }, body }),
  );
  if (status === "applied") return;
  await poll(`the network restrictions of project ${ref}`, signal, async () =>
    sameCidrs(await allowedCidrs(supabase, ref), { v4, v6 }),
  );
}

export function sameCidrs(one: AllowedCidrs, other: AllowedCidrs): boolean {
  const sorted = ({ v4, v6 }: AllowedCidrs) => [[...new Set(v4)].sort(), [...new Set(v6)].sort()];
  return isDeepStrictEqual(sorted(one), sorted(other));
}

/**
 * Opens a database to some addresses while `work` runs, and closes it afterwards, whether the work succeeds or fails.
 *
 * If the process is killed meanwhile, the database stays open to these addresses until the work is repeated, or until a
 * refresh and an `up`.
 *
 * @param during the ranges allowed while the work runs
 * @param after the ranges allowed afterwards
 */
export async function withNetworkOpen<T>(
  supabase: Supabase,
  ref: string,
  { during, after }: { readonly during: AllowedCidrs; readonly after: AllowedCidrs },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (sameCidrs(during, after)) return work();
  await restrictNetwork(supabase, ref, during, signal);
  try {
    return await work();
  } finally {
    await restrictNetwork(supabase, ref, after, signal);
  }
}
