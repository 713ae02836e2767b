import * as z from "zod";
import { dataOf, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { AuthConfig } from "../../../../vendors/supabase/types.ts";
import { secret } from "../../../runtime/schema.ts";
import { declaredOnly, differing, type Group, isEmpty, list, present } from "./group.ts";

const hook = z.strictObject({
  uri: z.string().describe("`pg-functions://postgres/<schema>/<function>` or an https URL."),
  secret: secret()
    .optional()
    .describe(
      "Signs the calls to an https URL. Drift isn't detected, because the API doesn't return the secret.",
    ),
});

export const authSettings = z
  .strictObject({
    siteUrl: z.string().optional().describe("The URL that users are redirected to after signing in."),
    redirectUrls: z.array(z.string()).optional().describe("Other URLs that users may be redirected to."),
    disableSignup: z.boolean().optional().describe("Whether sign-up is disabled."),
    jwtExpiry: z.int().min(0).max(604_800).optional().describe("The lifetime of an access token in seconds."),
    anonymousSignIns: z.boolean().optional().describe("Whether users can sign in without credentials."),
    emailSignIns: z.boolean().optional().describe("Whether users can sign in by e-mail."),
    phoneSignIns: z.boolean().optional().describe("Whether users can sign in by phone."),
    signInMethods: z
      .array(z.string())
      .optional()
      .describe(
        "Other sign-in methods that may be enabled, by their names in Supabase's API: google, saml. tenantry doesn't enable them; a refresh reports all others as drift.",
      ),
    confirmEmail: z.boolean().optional().describe("Whether an e-mail address must be verified first."),
    hooks: z
      .strictObject({
        customAccessToken: hook.optional().describe("Adds claims to every token."),
        beforeUserCreated: hook.optional().describe("Can reject a new user."),
      })
      .optional()
      .describe("Hooks that the auth service calls."),
  })
  .describe("The auth service.");

export type Auth = z.infer<typeof authSettings>;

export const authGroup: Group<Auth> = {
  async observe(context, ref, declared) {
    return declaredOnly(declared, authFromConfig(await getAuth(context.supabase, ref), declared));
  },
  async ensure(context, ref, declared, isNew, prior) {
    const config = authToConfig(declared, hooksDropped(prior, declared));
    const body = isNew ? config : differing(config, await getAuth(context.supabase, ref));
    const changed = { ...body, ...hookSecrets(declared, isNew ? undefined : prior) };
    if (isEmpty(changed)) return;
    await dataOf(
      context.supabase.api.PATCH("/v1/projects/{ref}/config/auth", {
        params: { path: { ref } },
        body: changed,
      }),
    );
  },
};

function getAuth(supabase: Supabase, ref: string): Promise<AuthConfig> {
  return dataOf(supabase.api.GET("/v1/projects/{ref}/config/auth", { params: { path: { ref } } }));
}

const HOOKS = { customAccessToken: "custom_access_token", beforeUserCreated: "before_user_created" } as const;
type HookName = keyof typeof HOOKS;
const HOOK_NAMES = Object.keys(HOOKS) as HookName[];

function authToConfig(auth: Auth, dropped: readonly HookName[]): Partial<AuthConfig> {
  return present({
    site_url: auth.siteUrl,
    uri_allow_list: auth.redirectUrls?.join(","),
    disable_signup: auth.disableSignup,
    jwt_exp: auth.jwtExpiry,
    external_anonymous_users_enabled: auth.anonymousSignIns,
    external_email_enabled: auth.emailSignIns,
    external_phone_enabled: auth.phoneSignIns,
    mailer_autoconfirm: auth.confirmEmail === undefined ? undefined : !auth.confirmEmail,
    ...Object.fromEntries(HOOK_NAMES.flatMap((name) => hookToConfig(name, auth.hooks?.[name]?.uri))),
    ...Object.fromEntries(dropped.map((name) => [`hook_${HOOKS[name]}_enabled`, false])),
  });
}

function hookToConfig(name: HookName, uri: string | undefined): [string, unknown][] {
  if (uri === undefined) return [];
  return [
    [`hook_${HOOKS[name]}_enabled`, true],
    [`hook_${HOOKS[name]}_uri`, uri],
  ];
}

/** Hooks that are no longer declared, and are therefore switched off. */
function hooksDropped(prior: Auth | undefined, declared: Auth): HookName[] {
  return HOOK_NAMES.filter(
    (name) => prior?.hooks?.[name] !== undefined && declared.hooks?.[name] === undefined,
  );
}

/** The API doesn't return secrets, so they are written when the declaration changes. */
function hookSecrets(declared: Auth, prior: Auth | undefined): Partial<AuthConfig> {
  const changed = HOOK_NAMES.flatMap((name) => {
    const value = declared.hooks?.[name]?.secret;
    const before = prior?.hooks?.[name]?.secret;
    if (value === undefined || value.reveal() === before?.reveal()) return [];
    return [[`hook_${HOOKS[name]}_secrets`, value.reveal()]];
  });
  return Object.fromEntries(changed);
}

function authFromConfig(config: AuthConfig, declared: Auth): Auth {
  const hooks = HOOK_NAMES.flatMap((name) => {
    const uri = config[`hook_${HOOKS[name]}_uri`];
    if (!config[`hook_${HOOKS[name]}_enabled`] || uri === null) return [];
    return [[name, present({ uri, secret: declared.hooks?.[name]?.secret })]];
  });
  return {
    ...present({ signInMethods: declared.signInMethods }),
    siteUrl: config.site_url ?? "",
    redirectUrls: list(config.uri_allow_list ?? ""),
    disableSignup: config.disable_signup ?? false,
    jwtExpiry: config.jwt_exp ?? 3600,
    anonymousSignIns: config.external_anonymous_users_enabled ?? false,
    emailSignIns: config.external_email_enabled ?? false,
    phoneSignIns: config.external_phone_enabled ?? false,
    confirmEmail: !(config.mailer_autoconfirm ?? false),
    hooks: declaredOnly(declared.hooks ?? {}, Object.fromEntries(hooks)),
  };
}
