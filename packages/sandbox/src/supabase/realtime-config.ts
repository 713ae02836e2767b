import * as z from "zod";
import { type Endpoint, endpoint } from "./endpoint.ts";

const limit = (maximum: number) => z.number().int().min(1).max(maximum).optional();
const PATH = "/v1/projects/{ref}/config/realtime";

const INITIALLY = {
  private_only: false,
  connection_pool: 2,
  max_concurrent_users: 500,
  max_events_per_second: 500,
  max_bytes_per_second: 500_000,
  max_channels_per_client: 100,
  max_joins_per_second: 500,
  max_presence_events_per_second: 50,
  max_payload_size_in_kb: 3000,
  suspend: false,
  presence_enabled: true,
};

/** @see https://supabase.com/docs/reference/api/v1-update-realtime-config */
export const realtimeEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => {
      const { ref } = account.project(parameter("ref"));
      return { ...INITIALLY, ...account.documents<object>("realtime").get(ref) };
    },
  }),
  endpoint({
    method: "PATCH",
    path: PATH,
    body: z.strictObject({
      private_only: z.boolean().optional(),
      connection_pool: limit(100),
      max_concurrent_users: limit(50_000),
      max_events_per_second: limit(50_000),
      max_bytes_per_second: limit(10_000_000),
      max_channels_per_client: limit(10_000),
      max_joins_per_second: limit(5000),
      max_presence_events_per_second: limit(5000),
      max_payload_size_in_kb: limit(10_000),
      suspend: z.boolean().optional(),
      presence_enabled: z.boolean().optional(),
    }),
    status: 204,
    handle: ({ account, parameter, body }) => {
      const { ref } = account.project(parameter("ref"));
      const settings = account.documents<object>("realtime");
      settings.put(ref, { ...settings.get(ref), ...body });
    },
  }),
];
