import { type Endpoint, endpoint } from "./endpoint.ts";

/** @see https://supabase.com/docs/reference/api/v1-get-storage-config */
export const storageEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/projects/{ref}/config/storage",
    handle: ({ account, parameter }) => {
      account.project(parameter("ref"));
      return {
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
    },
  }),
];
