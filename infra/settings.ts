import type { AllowedRanges, SecurityModel } from "../src/model/model.ts";

/** A new project's own; a value that somebody raised shows when the stack is refreshed. */
const TOKEN_SECONDS = 3600;
const MAX_ROWS = 1000;

type Kind = keyof SecurityModel["network"];

/** The settings that keep a project closed, whatever is in it. */
export function closedSettings(security: SecurityModel, kind: Kind) {
  return {
    ssl: { enforced: security.tlsEnforced },
    network: networkOf(security.network[kind]),
    realtime: { privateOnly: !security.publicChannels },
    storage: { icebergCatalog: false, vectorBuckets: false },
  };
}

/** The data API with these schemas and nothing else. */
export function apiOf(schemas: readonly string[]) {
  return { schemas: [...schemas], maxRows: MAX_ROWS, extraSearchPath: ["public", "extensions"] };
}

/** The auth service of a control plane, where the product's people sign in. */
export function controlPlaneAuth({ signIn }: SecurityModel) {
  return {
    confirmEmail: true,
    anonymousSignIns: false,
    jwtExpiry: TOKEN_SECONDS,
    signInMethods: [...signIn],
    hooks: { customAccessToken: { uri: "pg-functions://postgres/private/access_token_hook" } },
  };
}

/** The auth service of a workspace: its people sign in to the control plane, and nobody does here. */
export function workspaceAuth() {
  return { disableSignup: true, anonymousSignIns: false, jwtExpiry: TOKEN_SECONDS, signInMethods: [] };
}

export function networkOf({ v4, v6 }: AllowedRanges) {
  return { allowedCidrs: [...v4], allowedCidrsV6: [...v6] };
}
