import { createHash } from "node:crypto";
import * as z from "zod";
import { type Endpoint, endpoint } from "./endpoint.ts";

interface StoredSecret {
  readonly name: string;
  /** The value's SHA-256 digest in hexadecimal. The API never returns the value itself. */
  readonly digest: string;
  readonly updatedAt: string;
}

const PATH = "/v1/projects/{ref}/secrets";

/** @see https://supabase.com/docs/reference/api/v1-bulk-create-secrets */
export const secretEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => {
      const { ref } = account.project(parameter("ref"));
      return account
        .documents<StoredSecret>("secrets")
        .under(`${ref}/`)
        .map(({ name, digest, updatedAt }) => ({ name, value: digest, updated_at: updatedAt }));
    },
  }),
  endpoint({
    method: "POST",
    path: PATH,
    body: z.array(
      z.strictObject({
        name: z
          .string()
          .max(256)
          .regex(/^(?!SUPABASE_)/),
        value: z.string().max(24_576),
      }),
    ),
    status: 201,
    handle: ({ account, parameter, body }) => {
      const { ref } = account.project(parameter("ref"));
      const updatedAt = new Date(account.now()).toISOString();
      for (const { name, value } of body) {
        const digest = createHash("sha256").update(value).digest("hex");
        account.documents<StoredSecret>("secrets").put(`${ref}/${name}`, { name, digest, updatedAt });
      }
    },
  }),
  endpoint({
    method: "DELETE",
    path: PATH,
    body: z.array(z.string()),
    handle: ({ account, parameter, body }) => {
      const { ref } = account.project(parameter("ref"));
      for (const name of body) account.documents<StoredSecret>("secrets").delete(`${ref}/${name}`);
    },
  }),
];
