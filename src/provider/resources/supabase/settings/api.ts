import * as z from "zod";
import { dataOf, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { ApiConfig } from "../../../../vendors/supabase/types.ts";
import { declaredOnly, differing, type Group, isEmpty, list, present } from "./group.ts";

export const apiSettings = z
  .strictObject({
    schemas: z.array(z.string()).optional().describe("The exposed schemas. `[]` switches the data API off."),
    maxRows: z.int().min(0).max(1_000_000).optional().describe("The maximum number of rows in a response."),
    extraSearchPath: z.array(z.string()).optional().describe("Schemas that are added to the search path."),
  })
  .describe("The data API.");

type Api = z.infer<typeof apiSettings>;

export const apiGroup: Group<Api> = {
  async observe(context, ref, declared) {
    return declaredOnly(declared, apiFromConfig(await getApi(context.supabase, ref)));
  },
  async ensure(context, ref, wanted, isNew) {
    const config = apiToConfig(wanted);
    const body = isNew ? config : differing(config, await getApi(context.supabase, ref));
    if (isEmpty(body)) return;
    await dataOf(
      context.supabase.api.PATCH("/v1/projects/{ref}/postgrest", { params: { path: { ref } }, body }),
    );
  },
};

function getApi(supabase: Supabase, ref: string): Promise<ApiConfig> {
  return dataOf(supabase.api.GET("/v1/projects/{ref}/postgrest", { params: { path: { ref } } }));
}

function apiToConfig(api: Api): Partial<ApiConfig> {
  return present({
    db_schema: api.schemas?.join(","),
    max_rows: api.maxRows,
    db_extra_search_path: api.extraSearchPath?.join(","),
  });
}

function apiFromConfig(config: ApiConfig): Required<Api> {
  return {
    schemas: list(config.db_schema),
    maxRows: config.max_rows,
    extraSearchPath: list(config.db_extra_search_path),
  };
}
