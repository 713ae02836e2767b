import type { AllowedRanges, SecurityModel } from "../src/model/model.ts";

/** A new project's own; a value that somebody raised shows when the stack is refreshed. */
const TOKEN_SECONDS = 3600;
const MAX_ROWS = 1000;

type Kind = keyof SecurityModel["network"];

/** The settings of a control plane's project: people sign in here, and no other issuer's tokens count. */
export function controlPlaneSettings(security: SecurityModel) {
  return {
    api: apiOf(["public"]),
    auth: controlPlaneAuth(security),
    thirdPartyAuth: [],
    ...closedSettings(security, "controlPlane"),
  };
}

/**
 * The settings of a workspace's project. Unless it is open, its data API is off and no issuer's tokens are accepted.
 *
 * @param issuer of the control plane's tokens
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

/** The settings that keep a project closed, whatever is in it. */
function closedSettings(security: SecurityModel, kind: Kind) {
  return {
    ssl: { enforced: security.tlsEnforced },
    network: networkOf(security.network[kind]),
    realtime: { privateOnly: !security.publicChannels },
    storage: { icebergCatalog: false, vectorBuckets: false },
  };
}

/** The data API with these schemas and nothing else. */
function apiOf(schemas: readonly string[]) {
  return { schemas: [...schemas], maxRows: MAX_ROWS, extraSearchPath: ["public", "extensions"] };
}

/** The auth service of a control plane, where the product's people sign in. */
function controlPlaneAuth({ signIn }: SecurityModel) {
  return {
    confirmEmail: true,
    anonymousSignIns: false,
    jwtExpiry: TOKEN_SECONDS,
    signInMethods: [...signIn],
    hooks: { customAccessToken: { uri: "pg-functions://postgres/private/access_token_hook" } },
  };
}

/** The auth service of a workspace: its people sign in to the control plane, and nobody does here. */
function workspaceAuth() {
  return { disableSignup: true, anonymousSignIns: false, jwtExpiry: TOKEN_SECONDS, signInMethods: [] };
}
