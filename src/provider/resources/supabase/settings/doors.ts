import type { Context } from "../../../../vendors/connections.ts";
import { answer, type Supabase } from "../../../../vendors/supabase/client.ts";
import type { AuthConfig } from "../../../../vendors/supabase/types.ts";
import type { Auth } from "./auth.ts";

type Value = boolean | string;

/** Settings of the auth service by their names in Supabase's API, each with its value where it lets nobody in. */
type Doors = Readonly<Record<string, Value>>;

/** Whoever passes one of these is taken for somebody without a proof, or stays in without one. */
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

/** Settings whose value lets its reader in: states and previews say only that they are set. */
const HOLDS_SECRETS = new Set(["sms_test_otp"]);

/** Where nobody signs in, links that carry a token lead nowhere else either. */
const WITHOUT_SIGN_IN: Doors = { uri_allow_list: "" };

/** What is switched on without letting anybody in. Anything else that is `…_enabled` counts as a way in. */
const HARMLESS =
  /^(external_email|passkey|mfa_.*|mailer_notifications_.*|password_hibp|security_captcha|mailer_secure_email_change|refresh_token_rotation)_enabled$/;

/** Hooks that a product has of its own; they decide nothing about who somebody is. */
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

/** What is open at a project though its declaration doesn't say so, as it was found. */
export async function openDoors(
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

/** @param names of what a refresh found open */
export async function closeDoors(
  context: Context,
  ref: string,
  names: readonly string[],
  declared: Auth,
): Promise<void> {
  const open = Object.entries(doorsIn(await getAuth(context.supabase, ref), declared));
  const body = Object.fromEntries(open.filter(([name]) => names.includes(`auth.${name}`)));
  if (Object.keys(body).length === 0) return;
  await answer(
    context.supabase.api.PATCH("/v1/projects/{ref}/config/auth", { params: { path: { ref } }, body }),
  );
}

/** The doors that are open in a configuration, with the value that closes each. */
function doorsIn(config: AuthConfig, declared: Auth): Doors {
  const isSignedInto = declared.disableSignup !== true;
  const fixed = { ...ALWAYS_CLOSED, ...(isSignedInto ? {} : WITHOUT_SIGN_IN) };
  const allowed = new Set((declared.signInMethods ?? []).flatMap(settingsOf));
  const open = Object.entries(config).flatMap(([name, value]): [string, Value][] => {
    if (DECLARED_BY[name]?.(declared) !== undefined || allowed.has(name)) return [];
    const closed = fixed[name];
    // A setting that this service doesn't know yet is null.
    if (closed !== undefined) return (value ?? "") === closed || value === null ? [] : [[name, closed]];
    if (!name.endsWith("_enabled") || value !== true || HARMLESS.test(name)) return [];
    return isSignedInto && PRODUCT_HOOKS.test(name) ? [] : [[name, false]];
  });
  return Object.fromEntries(open);
}

/** `google` is `external_google_enabled`, `saml` is `saml_enabled`. */
function settingsOf(method: string): string[] {
  return [`external_${method}_enabled`, `${method}_enabled`];
}

function getAuth(supabase: Supabase, ref: string): Promise<AuthConfig> {
  return answer(supabase.api.GET("/v1/projects/{ref}/config/auth", { params: { path: { ref } } }));
}
