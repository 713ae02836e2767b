import type { AllowedRanges, SecurityModel } from "../src/model/model.ts";

/** Supabase's defaults. Declared, so that a refresh detects a changed value. */
const TOKEN_SECONDS = 3600;
const MAX_ROWS = 1000;

type Kind = keyof SecurityModel["network"];

/** The settings of a control plane's project: users sign in here, and no other issuers are trusted. */
export function controlPlaneSettings(security: SecurityModel) {
  return {
    api: apiOf(["public"]),
    auth: controlPlaneAuth(security),
    thirdPartyAuth: [],
    ...closedSettings(security, "controlPlane"),
  };
}

/**
 * The settings of a workspace's project. If it isn't open, its data API is off and no issuer is trusted.
 *
 * @param issuer the issuer of the control plane's tokens
 */
export function workspaceSettings<Issuer>(security: SecurityModel, issuer: Issuer, isOpen: boolean) {
  return {
    api: apiOf(isOpen ? ["public"] : []),
    auth: workspaceAuth(),
    thirdPartyAuth: isOpen ? [{ issuer }] : [],
    ...closedSettings(security, "workspaces"),
  };
}

export function networkOf({ v4, v6 }: AllowedRanges) {
  return { allowedCidrs: [...v4], allowedCidrsV6: [...v6] };
}

/** The settings that restrict access to every project. */
function closedSettings(security: SecurityModel, kind: Kind) {
  return {
    ssl: { enforced: security.tlsEnforced },
    network: networkOf(security.network[kind]),
    realtime: { privateOnly: !security.publicChannels },
    storage: { icebergCatalog: false, vectorBuckets: false },
  };
}

/** The data API, exposing only these schemas. */
function apiOf(schemas: readonly string[]) {
  return { schemas: [...schemas], maxRows: MAX_ROWS, extraSearchPath: ["public", "extensions"] };
}

/** The auth service of a control plane, where the product's users sign in. */
function controlPlaneAuth({ signIn }: SecurityModel) {
  return {
    confirmEmail: true,
    anonymousSignIns: false,
    jwtExpiry: TOKEN_SECONDS,
    signInMethods: [...signIn],
    hooks: { customAccessToken: { uri: "pg-functions://postgres/private/access_token_hook" } },
  };
}

/** The auth service of a workspace: closed, because users sign in to the control plane. */
function workspaceAuth() {
  return { disableSignup: true, anonymousSignIns: false, jwtExpiry: TOKEN_SECONDS, signInMethods: [] };
}
