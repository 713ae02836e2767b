import type { PropertyChange } from "../../../changes/property-change.ts";
import { type Claim, IF_KEPT } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { foundClaims, ownerKey, partOfOwner, spaced, transition } from "../say.ts";
import type { Words } from "../words.ts";

export const settings: Words = {
  noun: "settings of the project",

  claims: (reading) => [
    ...(reading.isNew ? [{ key: reading.step.urn, partOf: [ownerKey(reading.workspace)], changes: [] }] : []),
    ...partOfOwner(reading, "state", "project"),
    ...foundClaims(reading, "drift", {
      subject: "settings",
      one: "resets an undeclared setting of sign-in",
      joined: { verb: "resets", noun: "undeclared setting", suffix: "of sign-in" },
    }),
    ...(reading.isNew || reading.isRemoved
      ? []
      : reading
          .of("api", "auth", "network", "ssl", "thirdPartyAuth", "realtime", "storage")
          .map((change) => settingClaim(reading, change))),
  ],
};

/** Switching the data API on and off, and the issuers of tokens, follow from the state of the workspace. */
function settingClaim(reading: Reading, change: PropertyChange): Claim {
  const { path } = change;
  const follows = path === "api.schemas" || path.startsWith("thirdPartyAuth");
  const opens = opensAccess(change);
  return {
    key: JSON.stringify(["setting", path, change.before ?? null, change.after ?? null]),
    ...(follows ? { partOf: [ownerKey(reading.workspace)] } : {}),
    draft: {
      subject: "settings",
      action: "changed",
      text: `${opens ? "opens" : "changes"} ${nameOf(change)}: ${transition(change)}`,
      ...(opens ? { danger: "access" } : {}),
    },
    besides: IF_KEPT,
    changes: [change],
  };
}

const NAMES: Readonly<Record<string, string>> = {
  "api.schemas": "the schemas of the data API",
  "auth.signInMethods": "the ways to sign in",
  "auth.disableSignup": "whether sign-up is disabled",
  "auth.anonymousSignIns": "anonymous sign-ins",
  "auth.confirmEmail": "whether e-mail addresses must be verified",
  "network.allowedCidrs": "the addresses that may connect to the database",
  "network.allowedCidrsV6": "the IPv6 addresses that may connect to the database",
  "realtime.privateOnly": "whether all Realtime channels are private",
  "ssl.enforced": "whether connections must be encrypted",
  thirdPartyAuth: "the issuers of tokens that are trusted",
};

function nameOf({ path, segments }: PropertyChange): string {
  const known = NAMES[path] ?? NAMES[segments[0] ?? ""];
  return known ?? `the setting ${segments.map(spaced).join(" › ")}`;
}

/** Settings that open access when they become true or false. */
const OPEN_IF: Readonly<Record<string, boolean>> = {
  "auth.disableSignup": false,
  "auth.anonymousSignIns": true,
  "auth.emailSignIns": true,
  "auth.phoneSignIns": true,
  "auth.confirmEmail": false,
  "realtime.privateOnly": false,
  "ssl.enforced": false,
};

/** Lists that open access when they get longer. */
const OPENING_LISTS = /^(auth\.(signInMethods|redirectUrls)|network\.|thirdPartyAuth|api\.schemas)/;

function opensAccess({ path, before, after }: PropertyChange): boolean {
  if (Object.hasOwn(OPEN_IF, path)) return after === OPEN_IF[path];
  if (!OPENING_LISTS.test(path)) return path.startsWith("auth.hooks");
  if (!Array.isArray(after)) return path.startsWith("thirdPartyAuth") && after !== undefined;
  const had = Array.isArray(before) ? before.map((each) => JSON.stringify(each)) : [];
  return after.some((each) => !had.includes(JSON.stringify(each)));
}
