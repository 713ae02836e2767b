import type { Context } from "../../../../vendors/connections.ts";
import { dataOf, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { AuthConfig } from "../../../../vendors/supabase/types.ts";
import type { Auth } from "./auth.ts";

type Value = boolean | string;

/** Settings of the auth service by their names in Supabase's API, each with the value that grants no access. */
type Doors = Readonly<Record<string, Value>>;

/** Settings that let a user sign in, or stay signed in, without proof of identity. */
const ALWAYS_CLOSED: Doors = {
  mailer_autoconfirm: false,
  mailer_allow_unverified_email_sign_ins: false,
  mailer_secure_email_change_enabled: true,
  sms_autoconfirm: false,
  sms_test_otp: "",
  security_manual_linking_enabled: false,
  refresh_token_rotation_enabled: true,
  oauth_server_allow_dynamic_registration: false,
  external_google_skip_nonce_check: false,
};

/** Settings whose value is a credential. States and previews show only that they are set. */
const HOLDS_SECRETS = new Set(["sms_test_otp"]);

/** A project without sign-up must not redirect links that carry a token. */
const WITHOUT_SIGN_IN: Doors = { uri_allow_list: "" };

/** `…_enabled` settings that let nobody sign in. Any other `…_enabled` setting counts as a sign-in method. */
const HARMLESS =
  /^(external_email|passkey|mfa_.*|mailer_notifications_.*|password_hibp|security_captcha|mailer_secure_email_change|refresh_token_rotation)_enabled$/;

/** Hooks that a product may use for its own purposes: they don't affect who a user is. */
const PRODUCT_HOOKS = /^hook_(send_email|send_sms|before_user_created|after_user_created)_enabled$/;

const DECLARED_BY: Readonly<Record<string, (auth: Auth) => unknown>> = {
  mailer_autoconfirm: (auth) => auth.confirmEmail,
  uri_allow_list: (auth) => auth.redirectUrls,
  external_email_enabled: (auth) => auth.emailSignIns,
  external_phone_enabled: (auth) => auth.phoneSignIns,
  external_anonymous_users_enabled: (auth) => auth.anonymousSignIns,
  hook_custom_access_token_enabled: (auth) => auth.hooks?.customAccessToken,
  hook_before_user_created_enabled: (auth) => auth.hooks?.beforeUserCreated,
};

/** The undeclared settings that let people sign in, with their live values. */
export async function openSignInSettings(
  context: Context,
  ref: string,
  declared: Auth,
): Promise<Readonly<Record<string, string>>> {
  const config = await getAuth(context.supabase, ref);
  const found = new Map<string, unknown>(Object.entries(config));
  return Object.fromEntries(
    Object.keys(doorsIn(config, declared)).map((name) => [
      `auth.${name}`,
      HOLDS_SECRETS.has(name) ? "is set" : String(found.get(name)),
    ]),
  );
}

/** @param names the settings that a refresh found */
export async function closeSignInSettings(
  context: Context,
  ref: string,
  names: readonly string[],
  declared: Auth,
): Promise<void> {
  const open = Object.entries(doorsIn(await getAuth(context.supabase, ref), declared));
  const body = Object.fromEntries(open.filter(([name]) => names.includes(`auth.${name}`)));
  if (Object.keys(body).length === 0) return;
  await dataOf(
    context.supabase.api.PATCH("/v1/projects/{ref}/config/auth", { params: { path: { ref } }, body }),
  );
}

/** The undeclared settings of a configuration that let people sign in, each with the value that closes it. */
function doorsIn(config: AuthConfig, declared: Auth): Doors {
  const isSignedInto = declared.disableSignup !== true;
  const fixed = { ...ALWAYS_CLOSED, ...(isSignedInto ? {} : WITHOUT_SIGN_IN) };
  const allowed = new Set((declared.signInMethods ?? []).flatMap(settingsOf));
  const open = Object.entries(config).flatMap(([name, value]): [string, Value][] => {
    if (DECLARED_BY[name]?.(declared) !== undefined || allowed.has(name)) return [];
    const closed = fixed[name];
    // Null: this version of the auth service doesn't have the setting yet.
    if (closed !== undefined) return (value ?? "") === closed || value === null ? [] : [[name, closed]];
    if (!name.endsWith("_enabled") || value !== true || HARMLESS.test(name)) return [];
    return isSignedInto && PRODUCT_HOOKS.test(name) ? [] : [[name, false]];
  });
  return Object.fromEntries(open);
}

/** The settings that enable a sign-in method: `external_google_enabled` for `google`, `saml_enabled` for `saml`. */
function settingsOf(method: string): string[] {
  return [`external_${method}_enabled`, `${method}_enabled`];
}

function getAuth(supabase: Supabase, ref: string): Promise<AuthConfig> {
  return dataOf(supabase.api.GET("/v1/projects/{ref}/config/auth", { params: { path: { ref } } }));
}
