import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { answer, answerOrGone, isGone, type Supabase } from "../../supabase/client.ts";
import { isReachable } from "../../supabase/projects.ts";
import type { ApiConfig, AuthConfig, ThirdPartyAuth } from "../../supabase/types.ts";
import type { Context } from "../context.ts";
import { createOnce } from "../create-once.ts";
import { defineResource, secret } from "../schema.ts";

const hook = z.strictObject({
  uri: z.string().describe("`pg-functions://postgres/<schema>/<function>` or an https URL."),
  secret: secret().optional().describe("Signs the calls to an https URL. Never compared: the API hides it."),
});

export const settingsInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  api: z
    .strictObject({
      schemas: z.array(z.string()).optional().describe("Exposed by the data API; `[]` switches it off."),
      maxRows: z.int().min(0).max(1_000_000).optional().describe("Rows of one answer, at most."),
      extraSearchPath: z.array(z.string()).optional().describe("Schemas added to the search path."),
    })
    .optional()
    .describe("The data API."),
  auth: z
    .strictObject({
      siteUrl: z.string().optional().describe("Where people land after signing in."),
      redirectUrls: z.array(z.string()).optional().describe("Other URLs that may be redirected to."),
      disableSignup: z.boolean().optional().describe("Whether nobody can sign up."),
      jwtExpiry: z.int().min(0).max(604_800).optional().describe("Life of an access token, in seconds."),
      anonymousSignIns: z.boolean().optional().describe("Whether one can sign in without credentials."),
      emailSignIns: z.boolean().optional().describe("Whether one can sign in by e-mail."),
      phoneSignIns: z.boolean().optional().describe("Whether one can sign in by phone."),
      confirmEmail: z.boolean().optional().describe("Whether an e-mail address must be verified first."),
      hooks: z
        .strictObject({
          customAccessToken: hook.optional().describe("Adds claims to every token."),
          beforeUserCreated: hook.optional().describe("May refuse a new user."),
        })
        .optional()
        .describe("Called by the auth service."),
    })
    .optional()
    .describe("The auth service."),
  network: z
    .strictObject({
      allowedCidrs: z.array(z.string()).optional().describe("IPv4 ranges that reach the database."),
      allowedCidrsV6: z.array(z.string()).optional().describe("IPv6 ranges that reach the database."),
    })
    .optional()
    .describe("Who reaches the database; written as a whole: a list that is absent is cleared."),
  ssl: z
    .strictObject({ enforced: z.boolean().describe("Whether the database refuses plain connections.") })
    .optional()
    .describe("A change restarts the database."),
  thirdPartyAuth: z
    .array(
      z.strictObject({
        issuer: z.string().optional().describe("An OpenID Connect issuer."),
        jwksUrl: z.string().optional().describe("Where the issuer's keys are, when it is no OpenID issuer."),
      }),
    )
    .optional()
    .describe("Whose tokens the project accepts besides its own; any other is removed."),
});

export const settingsOutputs = z.strictObject({});

type Inputs = z.infer<typeof settingsInputs>;

/** One group of settings: how it is read, compared and written. A group that isn't declared costs no call. */
interface Group<K extends keyof Inputs> {
  /** What is there, for the declared fields only. Undefined when the project is gone. */
  observe(context: Context, ref: string, declared: NonNullable<Inputs[K]>): Promise<Inputs[K]>;
  ensure(
    context: Context,
    ref: string,
    wanted: NonNullable<Inputs[K]>,
    isNew: boolean,
    prior: Inputs[K],
  ): Promise<void>;
}

/** @see https://supabase.com/docs/reference/api */
export const settings = defineResource({
  type: "supabase:Settings",
  description:
    "Settings of a project's services. What is absent is not managed and stays as it is; `[]` is managed and empty. Removing this resource changes nothing at the project.",
  inputs: settingsInputs,
  outputs: settingsOutputs,
  replaceOn: ["project"],
  stable: [],

  validate: (inputs) =>
    (inputs.thirdPartyAuth ?? []).flatMap((each, index) =>
      (each.issuer === undefined) === (each.jwksUrl === undefined)
        ? [{ property: `thirdPartyAuth[${index}]`, reason: "expected exactly one of issuer and jwksUrl" }]
        : [],
    ),

  async observe(context, prior) {
    const { inputs } = prior;
    const ref = inputs.project;
    try {
      const [api, auth, network, ssl, thirdPartyAuth] = await Promise.all([
        inputs.api && apiGroup.observe(context, ref, inputs.api),
        inputs.auth && authGroup.observe(context, ref, inputs.auth),
        inputs.network && networkGroup.observe(context, ref, inputs.network),
        inputs.ssl && sslGroup.observe(context, ref, inputs.ssl),
        inputs.thirdPartyAuth && thirdPartyGroup.observe(context, ref, inputs.thirdPartyAuth),
      ]);
      return { inputs: present({ project: ref, api, auth, network, ssl, thirdPartyAuth }), outputs: {} };
    } catch (error) {
      if (isGone(error)) return undefined;
      // A paused project answers with errors; it isn't gone, only not to be compared.
      if (await isReachable(context.supabase, ref)) throw error;
      context.status("not compared: the project is paused or restarts");
      return { inputs, outputs: {} };
    }
  },

  async ensure(context, inputs, prior) {
    const ref = inputs.project;
    const isNew = prior === undefined;
    const was = prior?.inputs;
    if (inputs.api) await apiGroup.ensure(context, ref, inputs.api, isNew, was?.api);
    if (inputs.auth) await authGroup.ensure(context, ref, inputs.auth, isNew, was?.auth);
    if (inputs.thirdPartyAuth)
      await thirdPartyGroup.ensure(context, ref, inputs.thirdPartyAuth, isNew, was?.thirdPartyAuth);
    if (inputs.network) await networkGroup.ensure(context, ref, inputs.network, isNew, was?.network);
    if (inputs.ssl) await sslGroup.ensure(context, ref, inputs.ssl, isNew, was?.ssl);
    return { id: ref, outputs: {} };
  },

  remove: async () => {},
});

const apiGroup: Group<"api"> = {
  async observe(context, ref, declared) {
    return declaredOnly(declared, apiFromConfig(await getApi(context.supabase, ref)));
  },
  async ensure(context, ref, wanted, isNew) {
    const config = apiToConfig(wanted);
    const body = isNew ? config : differing(config, await getApi(context.supabase, ref));
    if (isEmpty(body)) return;
    await answer(
      context.supabase.api.PATCH("/v1/projects/{ref}/postgrest", { params: { path: { ref } }, body }),
    );
  },
};

function getApi(supabase: Supabase, ref: string): Promise<ApiConfig> {
  return answer(supabase.api.GET("/v1/projects/{ref}/postgrest", { params: { path: { ref } } }));
}

function apiToConfig(api: NonNullable<Inputs["api"]>): Partial<ApiConfig> {
  return present({
    db_schema: api.schemas?.join(","),
    max_rows: api.maxRows,
    db_extra_search_path: api.extraSearchPath?.join(","),
  });
}

function apiFromConfig(config: ApiConfig): Required<NonNullable<Inputs["api"]>> {
  return {
    schemas: list(config.db_schema),
    maxRows: config.max_rows,
    extraSearchPath: list(config.db_extra_search_path),
  };
}

type Auth = NonNullable<Inputs["auth"]>;

const authGroup: Group<"auth"> = {
  async observe(context, ref, declared) {
    return declaredOnly(declared, authFromConfig(await getAuth(context.supabase, ref), declared));
  },
  async ensure(context, ref, wanted, isNew, prior) {
    const config = authToConfig(wanted, hooksDropped(prior, wanted));
    const body = isNew ? config : differing(config, await getAuth(context.supabase, ref));
    const changed = { ...body, ...hookSecrets(wanted, isNew ? undefined : prior) };
    if (isEmpty(changed)) return;
    await answer(
      context.supabase.api.PATCH("/v1/projects/{ref}/config/auth", {
        params: { path: { ref } },
        body: changed,
      }),
    );
  },
};

function getAuth(supabase: Supabase, ref: string): Promise<AuthConfig> {
  return answer(supabase.api.GET("/v1/projects/{ref}/config/auth", { params: { path: { ref } } }));
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

/** Hooks that were declared before and are no more: they are switched off. */
function hooksDropped(prior: Inputs["auth"], wanted: Auth): HookName[] {
  return HOOK_NAMES.filter(
    (name) => prior?.hooks?.[name] !== undefined && wanted.hooks?.[name] === undefined,
  );
}

/** The API hides them, so they are written when the declaration changes. */
function hookSecrets(wanted: Auth, prior: Inputs["auth"]): Partial<AuthConfig> {
  const changed = HOOK_NAMES.flatMap((name) => {
    const value = wanted.hooks?.[name]?.secret;
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

const networkGroup: Group<"network"> = {
  async observe(context, ref) {
    const { config } = await getNetwork(context.supabase, ref);
    return present({ allowedCidrs: config.dbAllowedCidrs, allowedCidrsV6: config.dbAllowedCidrsV6 });
  },
  async ensure(context, ref, wanted) {
    const { config } = await getNetwork(context.supabase, ref);
    const body = { dbAllowedCidrs: wanted.allowedCidrs ?? [], dbAllowedCidrsV6: wanted.allowedCidrsV6 ?? [] };
    if (isEmpty(differing(body, { dbAllowedCidrs: [], dbAllowedCidrsV6: [], ...config }))) return;
    await answer(
      context.supabase.api.POST("/v1/projects/{ref}/network-restrictions/apply", {
        params: { path: { ref } },
        body,
      }),
    );
  },
};

function getNetwork(supabase: Supabase, ref: string) {
  return answer(supabase.api.GET("/v1/projects/{ref}/network-restrictions", { params: { path: { ref } } }));
}

const sslGroup: Group<"ssl"> = {
  async observe(context, ref) {
    return { enforced: await isSslEnforced(context.supabase, ref) };
  },
  async ensure(context, ref, wanted) {
    // A write restarts the database even when nothing changes: always look.
    if ((await isSslEnforced(context.supabase, ref)) === wanted.enforced) return;
    await answer(
      context.supabase.api.PUT("/v1/projects/{ref}/ssl-enforcement", {
        params: { path: { ref } },
        body: { requestedConfig: { database: wanted.enforced } },
      }),
    );
  },
};

async function isSslEnforced(supabase: Supabase, ref: string): Promise<boolean> {
  const found = await answer(
    supabase.api.GET("/v1/projects/{ref}/ssl-enforcement", { params: { path: { ref } } }),
  );
  return found.currentConfig.database;
}

type Trusted = NonNullable<Inputs["thirdPartyAuth"]>[number];

const thirdPartyGroup: Group<"thirdPartyAuth"> = {
  async observe(context, ref, declared) {
    const found = (await getThirdParties(context.supabase, ref)).map(trustedOf);
    // In the order of the declaration, so that an order of Supabase's own makes no difference.
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
  return answer(
    supabase.api.GET("/v1/projects/{ref}/config/auth/third-party-auth", { params: { path: { ref } } }),
  );
}

function trustedOf(found: ThirdPartyAuth): Trusted {
  return found.oidc_issuer_url ? { issuer: found.oidc_issuer_url } : { jwksUrl: found.jwks_url ?? "" };
}

function trusts(found: ThirdPartyAuth, wanted: Trusted): boolean {
  return isDeepStrictEqual(trustedOf(found), wanted);
}

/** Found missing just now: the first attempt needs no second look, a repetition does. */
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
      answer(
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
  await answerOrGone(
    context.supabase.api.DELETE("/v1/projects/{ref}/config/auth/third-party-auth/{tpa_id}", {
      params: { path },
    }),
  );
}

/** The fields of `found` that are declared: the others aren't managed. */
function declaredOnly<T extends object>(declared: T, found: T): T {
  return Object.fromEntries(
    Object.entries(found).filter(([key]) => declared[key as keyof T] !== undefined),
  ) as T;
}

function differing<T extends object>(wanted: Partial<T>, found: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => !isDeepStrictEqual(value, found[key as keyof T])),
  ) as Partial<T>;
}

/** Without the keys whose value is undefined. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Supabase keeps lists as texts with commas. */
function list(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
