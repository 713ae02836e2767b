import * as z from "zod";

/** A setting of the auth service. */
export interface AuthSetting {
  readonly schema: z.ZodType;
  /** The value in a new project. */
  readonly initially: unknown;
  /** Whether the API returns only a digest of the value. */
  readonly secret: boolean;
  /** Whether the setting is read-only. */
  readonly fixed: boolean;
}

const PROVIDERS = [
  ...[
    "apple",
    "azure",
    "bitbucket",
    "discord",
    "facebook",
    "figma",
    "github",
    "gitlab",
    "google",
    "kakao",
    "keycloak",
  ],
  ...["linkedin_oidc", "slack_oidc", "notion", "slack", "spotify", "twitch", "twitter", "x", "zoom"],
];
const HOOKS = [
  ...[
    "custom_access_token",
    "mfa_verification_attempt",
    "password_verification_attempt",
    "send_sms",
    "send_email",
  ],
  ...["before_user_created", "after_user_created"],
];
const MAILS = {
  confirmation: ["Confirm Your Signup", "Confirm your signup"],
  email_change: ["Confirm Email Change", "Confirm Change of Email"],
  invite: ["You have been invited", "You have been invited"],
  magic_link: ["Your Magic Link", "Magic Link"],
  reauthentication: ["Confirm Reauthentication", "Confirm reauthentication"],
  recovery: ["Reset Your Password", "Reset Password"],
} as const;
const NOTIFICATIONS = [
  ...["password_changed", "email_changed", "phone_changed", "mfa_factor_enrolled", "mfa_factor_unenrolled"],
  ...["identity_linked", "identity_unlinked"],
];
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const CAPITALS = LETTERS.toUpperCase();

/** The settings by name. @see https://supabase.com/docs/reference/api/v1-get-auth-service-config */
export const AUTH_SETTINGS: ReadonlyMap<string, AuthSetting> = new Map([
  ...general(),
  ...PROVIDERS.flatMap(provider),
  ...HOOKS.flatMap(hook),
  ...Object.entries(MAILS).flatMap(([name, [subject, heading]]) => mail(name, subject, heading)),
  ...NOTIFICATIONS.flatMap(notification),
]);

type Entry = readonly [string, AuthSetting];

function setting(schema: z.ZodType, initially: unknown): AuthSetting {
  return { schema: schema.nullable(), initially, secret: false, fixed: false };
}

function flag(name: string, initially = false): Entry {
  return [name, setting(z.boolean(), initially)];
}

function text(name: string, initially: string | null = null): Entry {
  return [name, setting(z.string(), initially)];
}

function secret(name: string): Entry {
  return [name, { ...setting(z.string(), null), secret: true }];
}

function whole(name: string, initially: number, minimum = 0, maximum = 2_147_483_647): Entry {
  return [name, setting(z.number().int().min(minimum).max(maximum), initially)];
}

function choice(name: string, options: readonly string[], initially: string): Entry {
  return [name, setting(z.enum(options), initially)];
}

function fixed([name, one]: Entry): Entry {
  return [name, { ...one, fixed: true }];
}

function provider(name: string): Entry[] {
  const of = (part: string): string => `external_${name}_${part}`;
  const entries = [
    text(of("client_id")),
    flag(of("email_optional")),
    flag(of("enabled")),
    secret(of("secret")),
  ];
  if (["azure", "gitlab", "keycloak"].includes(name)) entries.push(text(of("url")));
  if (["apple", "google"].includes(name)) entries.push(text(of("additional_client_ids")));
  if (name === "google") entries.push(flag(of("skip_nonce_check")));
  return entries;
}

function hook(name: string): Entry[] {
  return [flag(`hook_${name}_enabled`), text(`hook_${name}_uri`), secret(`hook_${name}_secrets`)];
}

function mail(name: string, subject: string, heading: string): Entry[] {
  return [
    text(`mailer_subjects_${name}`, subject),
    text(`mailer_templates_${name}_content`, `<h2>${heading}</h2>`),
  ];
}

function notification(name: string): Entry[] {
  const words = name.replaceAll("_", " ");
  return [
    flag(`mailer_notifications_${name}_enabled`),
    text(`mailer_subjects_${name}_notification`, `Notification: ${words}`),
    text(`mailer_templates_${name}_notification_content`, `<h2>Notification: ${words}</h2>`),
  ];
}

function general(): Entry[] {
  const withoutComma = z.string().regex(/^[^,]+$/);
  const duration = z.number().min(0);
  const digits = "0123456789";
  return [
    ["site_url", setting(withoutComma, "http://localhost:3000")],
    text("uri_allow_list", ""),
    flag("disable_signup"),
    whole("jwt_exp", 3600, 0, 604_800),
    whole("api_max_request_duration", 10),
    whole("db_max_pool_size", 10),
    choice("db_max_pool_size_unit", ["connections", "percent"], "connections"),

    flag("external_email_enabled", true),
    flag("external_phone_enabled"),
    flag("external_anonymous_users_enabled"),
    flag("external_web3_solana_enabled"),
    flag("external_web3_ethereum_enabled"),
    text("external_workos_client_id"),
    flag("external_workos_enabled"),
    secret("external_workos_secret"),
    text("external_workos_url"),
    text("nimbus_oauth_client_id"),
    fixed(flag("nimbus_oauth_email_optional")),
    secret("nimbus_oauth_client_secret"),

    flag("mailer_allow_unverified_email_sign_ins"),
    flag("mailer_autoconfirm"),
    whole("mailer_otp_exp", 3600),
    whole("mailer_otp_length", 6, 6, 10),
    flag("mailer_secure_email_change_enabled", true),

    whole("mfa_max_enrolled_factors", 10),
    flag("mfa_totp_enroll_enabled", true),
    flag("mfa_totp_verify_enabled", true),
    flag("mfa_phone_enroll_enabled"),
    flag("mfa_phone_verify_enabled"),
    flag("mfa_web_authn_enroll_enabled"),
    flag("mfa_web_authn_verify_enabled"),
    whole("mfa_phone_otp_length", 6, 0, 32_767),
    text("mfa_phone_template", "Your code is {{ .Code }}"),
    whole("mfa_phone_max_frequency", 5, 0, 32_767),
    flag("passkey_enabled"),
    text("webauthn_rp_display_name"),
    text("webauthn_rp_id"),
    text("webauthn_rp_origins"),

    flag("password_hibp_enabled"),
    whole("password_min_length", 6, 6, 32_767),
    choice(
      "password_required_characters",
      [
        `${LETTERS}${CAPITALS}:${digits}`,
        `${LETTERS}:${CAPITALS}:${digits}`,
        `${LETTERS}:${CAPITALS}:${digits}:!@#$%^&*()_+-=[]{};'\\\\:"|<>?,./\`~`,
        "",
      ],
      "",
    ),

    whole("rate_limit_anonymous_users", 30, 1),
    whole("rate_limit_email_sent", 2, 1),
    whole("rate_limit_sms_sent", 30, 1),
    whole("rate_limit_token_refresh", 150, 1),
    whole("rate_limit_verify", 30, 1),
    whole("rate_limit_otp", 30, 1),
    whole("rate_limit_web3", 30, 1),

    flag("refresh_token_rotation_enabled", true),
    flag("saml_enabled"),
    ["saml_external_url", setting(withoutComma, null)],
    fixed(flag("saml_allow_encrypted_assertions")),
    flag("security_sb_forwarded_for_enabled"),
    flag("security_captcha_enabled"),
    choice("security_captcha_provider", ["turnstile", "hcaptcha"], "hcaptcha"),
    secret("security_captcha_secret"),
    flag("security_manual_linking_enabled"),
    whole("security_refresh_token_reuse_interval", 10),
    flag("security_update_password_require_reauthentication"),
    ["sessions_inactivity_timeout", setting(duration, 0)],
    flag("sessions_single_per_user"),
    ["sessions_tags", setting(z.string().regex(/^\s*([a-zA-Z0-9_-]+(\s*,+\s*)?)*\s*$/), null)],
    ["sessions_timebox", setting(duration, 0)],

    flag("sms_autoconfirm"),
    whole("sms_max_frequency", 5, 0, 32_767),
    secret("sms_messagebird_access_key"),
    text("sms_messagebird_originator"),
    whole("sms_otp_exp", 60),
    whole("sms_otp_length", 6, 0, 32_767),
    choice("sms_provider", ["messagebird", "textlocal", "twilio", "twilio_verify", "vonage"], "twilio"),
    text("sms_template", "Your code is {{ .Code }}"),
    ["sms_test_otp", setting(z.string().regex(/^([0-9]{1,15}=[0-9]+,?)*$/), null)],
    text("sms_test_otp_valid_until"),
    secret("sms_textlocal_api_key"),
    text("sms_textlocal_sender"),
    text("sms_twilio_account_sid"),
    secret("sms_twilio_auth_token"),
    text("sms_twilio_content_sid"),
    text("sms_twilio_message_service_sid"),
    text("sms_twilio_verify_account_sid"),
    secret("sms_twilio_verify_auth_token"),
    text("sms_twilio_verify_message_service_sid"),
    text("sms_vonage_api_key"),
    secret("sms_vonage_api_secret"),
    text("sms_vonage_from"),

    ["smtp_admin_email", setting(z.email(), null)],
    text("smtp_host"),
    whole("smtp_max_frequency", 60, 0, 32_767),
    secret("smtp_pass"),
    text("smtp_port"),
    text("smtp_sender_name"),
    text("smtp_user"),

    flag("oauth_server_enabled"),
    flag("oauth_server_allow_dynamic_registration"),
    text("oauth_server_authorization_path"),
    flag("custom_oauth_enabled"),
    fixed(whole("custom_oauth_max_providers", 3)),
  ];
}
