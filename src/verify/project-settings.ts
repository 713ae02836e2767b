import type { InputsOf } from "../provider/registry.ts";
import { observeSettings } from "../provider/resources/supabase/settings.ts";
import type { Context } from "../vendors/connections.ts";
import type { Difference } from "./difference.ts";

type Group = "api" | "auth" | "network" | "ssl" | "thirdPartyAuth" | "realtime" | "storage";

/** The expected settings of a project: `controlPlaneSettings` and `workspaceSettings` of infra/settings.ts. */
export type ProjectSettings = Required<Pick<InputsOf<"supabase:Settings">, Group>>;

/** One check per group of settings, so that a group that can't be read doesn't prevent the comparison of the others. */
export function settingsChecks(
  context: Context,
  project: string,
  declared: ProjectSettings,
): (() => Promise<Difference[]>)[] {
  return GROUPS.map((group) => async () => {
    const found = await observeSettings(context, { project, [group]: declared[group] });
    return settingsDifferences({ [group]: declared[group] }, found);
  });
}

type Found = Partial<ProjectSettings> & { readonly drift?: Readonly<Record<string, string>> };

function settingsDifferences(declared: Partial<ProjectSettings>, found: Found): Difference[] {
  return [
    ...compare(API, declared.api, found.api),
    ...compare(AUTH, declared.auth, found.auth),
    ...Object.entries(found.drift ?? {}).map(([name, value]) => undeclared(name, value)),
    ...issuerDifferences(declared.thirdPartyAuth, found.thirdPartyAuth),
    ...compare(NETWORK, declared.network, found.network),
    ...compare(SSL, declared.ssl, found.ssl),
    ...compare(REALTIME, declared.realtime, found.realtime),
    ...compare(STORAGE, declared.storage, found.storage),
  ];
}

/** A sentence for each setting of a group. A setting without one is a type error. */
type Sentences<T extends object> = {
  readonly [K in keyof T]-?: { readonly subject: string; tell(value: NonNullable<T[K]>): string };
};

const API: Sentences<ProjectSettings["api"]> = {
  schemas: {
    subject: "data API",
    tell: (schemas) => (schemas.length === 0 ? "is off" : `exposes the schemas ${sorted(schemas)}`),
  },
  maxRows: { subject: "data API", tell: (rows) => `returns at most ${rows} rows for a request` },
  extraSearchPath: { subject: "data API", tell: (schemas) => `has the search path ${schemas.join(", ")}` },
};

const AUTH: Sentences<ProjectSettings["auth"]> = {
  siteUrl: auth((url) => `redirects users to ${url} after sign-in`),
  redirectUrls: auth((urls) =>
    urls.length === 0 ? "redirects to no other URLs" : `may redirect to ${sorted(urls)}`,
  ),
  disableSignup: auth((disabled) => (disabled ? "accepts no sign-ups" : "accepts sign-ups from anybody")),
  jwtExpiry: auth((seconds) => `issues access tokens for ${seconds} seconds`),
  anonymousSignIns: auth((on) => `${on ? "accepts" : "refuses"} anonymous sign-ins`),
  emailSignIns: auth((on) => `${on ? "accepts" : "refuses"} sign-ins by e-mail`),
  phoneSignIns: auth((on) => `${on ? "accepts" : "refuses"} sign-ins by phone`),
  // The allowed methods. Others that are enabled are reported as `drift`.
  signInMethods: auth((methods) => `allows the sign-in methods ${sorted(methods)}`),
  confirmEmail: auth((confirmed) =>
    confirmed ? "verifies e-mail addresses before sign-in" : "accepts unverified e-mail addresses",
  ),
  hooks: auth(
    ({ customAccessToken, beforeUserCreated }) =>
      `calls ${customAccessToken?.uri ?? "no hook"} before it issues a token and ${beforeUserCreated?.uri ?? "no hook"} before it creates a user`,
  ),
};

const NETWORK: Sentences<ProjectSettings["network"]> = {
  allowedCidrs: { subject: "network restrictions", tell: (ranges) => allows("IPv4", ranges) },
  allowedCidrsV6: { subject: "network restrictions", tell: (ranges) => allows("IPv6", ranges) },
};

const SSL: Sentences<ProjectSettings["ssl"]> = {
  enforced: {
    subject: "database",
    tell: (enforced) => `${enforced ? "refuses" : "accepts"} connections without TLS`,
  },
};

const REALTIME: Sentences<ProjectSettings["realtime"]> = {
  privateOnly: {
    subject: "Realtime",
    tell: (isPrivate) => (isPrivate ? "accepts only private channels" : "accepts public channels"),
  },
};

const STORAGE: Sentences<ProjectSettings["storage"]> = {
  icebergCatalog: { subject: "Storage", tell: (on) => `serves ${on ? "" : "no "}Iceberg catalogs` },
  vectorBuckets: { subject: "Storage", tell: (on) => `serves ${on ? "" : "no "}vector buckets` },
};

const GROUPS: readonly Group[] = ["api", "auth", "thirdPartyAuth", "network", "ssl", "realtime", "storage"];

function compare<T extends object>(
  sentences: Sentences<T>,
  declared: T | undefined,
  found: T | undefined,
): Difference[] {
  if (declared === undefined) return [];
  // The schema is strict, so there are no other keys.
  return (Object.keys(declared) as (keyof T)[]).flatMap((key) => {
    const { subject, tell } = sentences[key];
    const [setting, today] = [declared[key], found?.[key]];
    if (setting === undefined || setting === null) return [];
    const expected = tell(setting);
    const seen = today === undefined || today === null ? "isn't set" : tell(today);
    return expected === seen ? [] : [{ subject, expected, found: seen }];
  });
}

type Trusted = ProjectSettings["thirdPartyAuth"][number];

function issuerDifferences(declared: readonly Trusted[] = [], found: readonly Trusted[] = []): Difference[] {
  const [expected, today] = [declared.map(signerOf), found.map(signerOf)];
  const subject = "third-party auth";
  const missing = expected.filter((signer) => !today.includes(signer));
  const foreign = today.filter((signer) => !expected.includes(signer));
  return [
    ...missing.map((signer) => ({ subject, expected: `accepts tokens of ${signer}`, found: "refuses them" })),
    ...foreign.map((signer) => ({
      subject,
      expected:
        expected.length === 0 ? "accepts no other tokens" : `accepts only tokens of ${sorted(expected)}`,
      found: `accepts tokens of ${signer}`,
    })),
  ];
}

function signerOf({ issuer, jwksUrl }: Trusted): string {
  return issuer ?? (jwksUrl ? `the keys at ${jwksUrl}` : "keys that were pasted into the project");
}

/** The meaning of settings whose names don't describe the access that they grant. */
const OPENED: Readonly<Record<string, string>> = {
  mailer_autoconfirm: "accepts unverified e-mail addresses",
  mailer_allow_unverified_email_sign_ins: "accepts sign-ins with unverified e-mail addresses",
  mailer_secure_email_change_enabled: "changes an e-mail address without confirmation from the old address",
  sms_autoconfirm: "accepts unverified phone numbers",
  sms_test_otp: "accepts fixed codes for test phone numbers",
  security_manual_linking_enabled: "lets users link identities to their account",
  refresh_token_rotation_enabled: "accepts a refresh token more than once",
  oauth_server_allow_dynamic_registration: "lets anybody register an OAuth client",
  external_google_skip_nonce_check: "accepts Google's tokens without checking the nonce",
  uri_allow_list: "may redirect to other URLs after sign-in",
  saml_enabled: "accepts sign-ins by SAML",
  oauth_server_enabled: "issues tokens to OAuth clients",
};

/** @param name the key in `drift`: `auth.external_google_enabled` */
function undeclared(name: string, value: string): Difference {
  const setting = name.replace(/^auth\./, "");
  const [, method] = /^external_(\w+)_enabled$/.exec(setting) ?? [];
  const [, hook] = /^hook_(\w+)_enabled$/.exec(setting) ?? [];
  const found =
    OPENED[setting] ??
    (method && `accepts sign-ins by ${method}`) ??
    (hook && `calls the hook ${hook}`) ??
    `is set to ${value}`;
  return { subject: `auth service, ${setting}`, expected: "isn't declared", found };
}

function auth<T>(tell: (value: T) => string) {
  return { subject: "auth service", tell };
}

const EVERYBODY = ["0.0.0.0/0", "::/0"];

function allows(family: "IPv4" | "IPv6", ranges: readonly string[]): string {
  if (ranges.some((range) => EVERYBODY.includes(range))) return `allow every ${family} address`;
  return ranges.length === 0 ? `allow no ${family} address` : `allow ${sorted(ranges)}`;
}

function sorted(names: readonly string[]): string {
  return [...new Set(names)].sort().join(", ");
}
