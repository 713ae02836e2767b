import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Context } from "../../../../vendors/connections.ts";
import { dataOf, dataOrGone, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { ThirdPartyAuth } from "../../../../vendors/supabase/types.ts";
import { createOnce } from "../../../create-once.ts";
import { type Group, present } from "./group.ts";

export const thirdPartyAuthSettings = z
  .array(
    z.strictObject({
      issuer: z.string().optional().describe("An OpenID Connect issuer."),
      jwksUrl: z.string().optional().describe("The URL of the issuer's keys, if it isn't an OpenID issuer."),
    }),
  )
  .describe("Issuers whose tokens the project accepts in addition to its own. All others are removed.");

type Trusted = z.infer<typeof thirdPartyAuthSettings>[number];

export const thirdPartyAuthGroup: Group<z.infer<typeof thirdPartyAuthSettings>> = {
  async observe(context, ref, declared) {
    const found = (await getThirdParties(context.supabase, ref)).map(trustedOf);
    // In declared order, so that Supabase's order isn't drift.
    const known = declared.filter((each) => found.some((other) => isDeepStrictEqual(each, other)));
    const foreign = found.filter((each) => !declared.some((other) => isDeepStrictEqual(each, other)));
    return [...known, ...foreign];
  },
  async ensure(context, ref, wanted) {
    const found = await getThirdParties(context.supabase, ref);
    for (const each of wanted)
      if (!found.some((other) => trusts(other, each))) await trust(context, ref, each);
    for (const other of found.filter((other) => !wanted.some((each) => trusts(other, each))))
      await distrust(context, ref, other.id);
  },
};

function getThirdParties(supabase: Supabase, ref: string): Promise<ThirdPartyAuth[]> {
  return dataOf(
    supabase.api.GET("/v1/projects/{ref}/config/auth/third-party-auth", { params: { path: { ref } } }),
  );
}

function trustedOf(found: ThirdPartyAuth): Trusted {
  return found.oidc_issuer_url ? { issuer: found.oidc_issuer_url } : { jwksUrl: found.jwks_url ?? "" };
}

function trusts(found: ThirdPartyAuth, wanted: Trusted): boolean {
  return isDeepStrictEqual(trustedOf(found), wanted);
}

/** The first attempt skips the lookup, because the caller has just done it. */
async function trust(context: Context, ref: string, wanted: Trusted): Promise<void> {
  let looks = 0;
  const body = present({ oidc_issuer_url: wanted.issuer, jwks_url: wanted.jwksUrl });
  await createOnce({
    look: async () => {
      looks += 1;
      if (looks === 1) return undefined;
      return (await getThirdParties(context.supabase, ref)).find((found) => trusts(found, wanted));
    },
    create: () =>
      dataOf(
        context.supabase.api.POST("/v1/projects/{ref}/config/auth/third-party-auth", {
          params: { path: { ref } },
          body,
        }),
      ),
    signal: context.signal,
  });
}

async function distrust(context: Context, ref: string, id: string): Promise<void> {
  const path = { ref, tpa_id: id };
  await dataOrGone(
    context.supabase.api.DELETE("/v1/projects/{ref}/config/auth/third-party-auth/{tpa_id}", {
      params: { path },
    }),
  );
}
