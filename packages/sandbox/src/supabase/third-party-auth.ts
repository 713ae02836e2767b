import { randomUUID } from "node:crypto";
import * as z from "zod";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { ApiError } from "./errors.ts";

interface Integration {
  readonly id: string;
  readonly type: "oidc_issuer_url" | "jwks_url" | "custom_jwks";
  readonly oidc_issuer_url: string | null;
  readonly jwks_url: string | null;
  readonly custom_jwks: unknown;
  readonly resolved_jwks: unknown;
  readonly inserted_at: string;
  readonly updated_at: string;
  readonly resolved_at: string | null;
}

const PATH = "/v1/projects/{ref}/config/auth/third-party-auth";
const KIND = "third-party-auth";

/**
 * Third-party issuers whose tokens a project trusts. Creating the same integration twice creates two.
 *
 * The sandbox doesn't fetch an issuer's keys. `resolved_jwks` stays null for them, as on Supabase before the keys are fetched.
 *
 * @see https://supabase.com/docs/reference/api/v1-create-project-tpa-integration
 */
export const thirdPartyAuthEndpoints: readonly Endpoint[] = [
  endpoint({
    method: "GET",
    path: PATH,
    handle: ({ account, parameter }) => {
      const { ref } = account.project(parameter("ref"));
      return account.documents<Integration>(KIND).under(`${ref}/`);
    },
  }),
  endpoint({
    method: "POST",
    path: PATH,
    body: z.strictObject({
      oidc_issuer_url: z.string().optional(),
      jwks_url: z.string().optional(),
      custom_jwks: z.unknown().optional(),
    }),
    status: 201,
    handle: ({ account, parameter, body }) => {
      const { ref } = account.project(parameter("ref"));
      const types = (["oidc_issuer_url", "jwks_url", "custom_jwks"] as const).filter(
        (name) => body[name] !== undefined,
      );
      const [type] = types;
      if (type === undefined || types.length > 1)
        throw new ApiError(400, "Exactly one of oidc_issuer_url, jwks_url and custom_jwks is required.");
      const at = new Date(account.now()).toISOString();
      const integration: Integration = {
        id: randomUUID(),
        type,
        oidc_issuer_url: body.oidc_issuer_url ?? null,
        jwks_url: body.jwks_url ?? null,
        custom_jwks: body.custom_jwks ?? null,
        resolved_jwks: body.custom_jwks ?? null,
        inserted_at: at,
        updated_at: at,
        resolved_at: body.custom_jwks === undefined ? null : at,
      };
      return account.documents<Integration>(KIND).put(`${ref}/${integration.id}`, integration);
    },
  }),
  endpoint({
    method: "GET",
    path: `${PATH}/{tpa_id}`,
    handle: (call) => find(call),
  }),
  endpoint({
    method: "DELETE",
    path: `${PATH}/{tpa_id}`,
    handle: (call) => {
      const integration = find(call);
      call.account.documents<Integration>(KIND).delete(`${call.parameter("ref")}/${integration.id}`);
      return integration;
    },
  }),
];

function find({ account, parameter }: Parameters<Endpoint["handle"]>[0]): Integration {
  const { ref } = account.project(parameter("ref"));
  const integration = account.documents<Integration>(KIND).get(`${ref}/${parameter("tpa_id")}`);
  if (integration === undefined) throw new ApiError(404, "Third-party auth integration not found");
  return integration;
}
