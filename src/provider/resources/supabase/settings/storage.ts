import * as z from "zod";
import { dataOf, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { StorageConfig } from "../../../../vendors/supabase/types.ts";
import { declaredOnly, type Group, isEmpty } from "./group.ts";

export const storageSettings = z
  .strictObject({
    icebergCatalog: z.boolean().optional().describe("Whether buckets are served as Iceberg catalogs."),
    vectorBuckets: z.boolean().optional().describe("Whether vector buckets are enabled."),
  })
  .describe("Features of the storage service that row security doesn't protect.");

type Storage = z.infer<typeof storageSettings>;

export const storageGroup: Group<Storage> = {
  async observe(context, ref, declared) {
    const { features } = await getStorage(context.supabase, ref);
    return declaredOnly(declared, {
      icebergCatalog: features.icebergCatalog.enabled,
      vectorBuckets: features.vectorBuckets.enabled,
    });
  },
  async ensure(context, ref, wanted) {
    const { features } = await getStorage(context.supabase, ref);
    const changed = {
      ...changedFeature("icebergCatalog", features.icebergCatalog, wanted.icebergCatalog),
      ...changedFeature("vectorBuckets", features.vectorBuckets, wanted.vectorBuckets),
    };
    if (isEmpty(changed)) return;
    await dataOf(
      context.supabase.api.PATCH("/v1/projects/{ref}/config/storage", {
        params: { path: { ref } },
        body: { features: changed },
      }),
    );
  },
};

/** The API requires a feature's limits in each write. They stay unchanged. */
function changedFeature<Name extends string, Feature extends { readonly enabled: boolean }>(
  name: Name,
  found: Feature,
  enabled: boolean | undefined,
): Partial<Record<Name, Feature>> {
  if (enabled === undefined || found.enabled === enabled) return {};
  return { [name]: { ...found, enabled } } as Record<Name, Feature>;
}

function getStorage(supabase: Supabase, ref: string): Promise<StorageConfig> {
  return dataOf(supabase.api.GET("/v1/projects/{ref}/config/storage", { params: { path: { ref } } }));
}
