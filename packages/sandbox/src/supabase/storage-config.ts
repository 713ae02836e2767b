import * as z from "zod";
import type { Account } from "./account.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

const count = z.number().int().min(0);
const flag = z.object({ enabled: z.boolean() });
const features = z.object({
  imageTransformation: flag.optional(),
  s3Protocol: flag.optional(),
  icebergCatalog: flag.extend({ maxNamespaces: count, maxTables: count, maxCatalogs: count }).optional(),
  vectorBuckets: flag.extend({ maxBuckets: count, maxIndexes: count }).optional(),
});

const INITIALLY = {
  fileSizeLimit: 52_428_800,
  features: {
    imageTransformation: { enabled: true },
    s3Protocol: { enabled: true },
    icebergCatalog: { enabled: false, maxNamespaces: 10, maxTables: 10, maxCatalogs: 2 },
    vectorBuckets: { enabled: false, maxBuckets: 10, maxIndexes: 5 },
  },
  capabilities: { list_v2: true, iceberg_catalog: false },
  external: { upstreamTarget: "main" },
  migrationVersion: "operation-ergonomics",
  databasePoolMode: "recycled",
};

type Config = typeof INITIALLY;

const PATH = "/v1/projects/{ref}/config/storage";

/** @see https://supabase.com/docs/reference/api/v1-get-storage-config */
export const storageEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => read(account, parameter("ref")),
  }),
  endpoint({
    method: "PATCH",
    path: PATH,
    body: z.strictObject({
      fileSizeLimit: count.max(536_870_912_000).optional(),
      features: features.optional(),
      external: z.strictObject({ upstreamTarget: z.enum(["main", "canary"]) }).optional(),
    }),
    handle: ({ account, parameter, body }) => {
      const { ref } = account.project(parameter("ref"));
      const before = read(account, ref);
      const given = Object.entries(body).filter(([, value]) => value !== undefined);
      const after = { ...before, ...Object.fromEntries(given) };
      account.documents<object>("storage").put(ref, {
        ...after,
        features: { ...before.features, ...body.features },
      });
    },
  }),
];

function read(account: Account, of: string): Config {
  const { ref } = account.project(of);
  return { ...INITIALLY, ...account.documents<Partial<Config>>("storage").get(ref) };
}
