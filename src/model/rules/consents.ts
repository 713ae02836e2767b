import { ownProperty } from "@tenantry/core/own-property";
import type { Path } from "../../manifest/locate.ts";
import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { PlatformManifest } from "../../manifest/platform.ts";
import type { RemovableKind } from "../../shared/thresholds.ts";
import { normalizeHost } from "../defaults.ts";
import { declaredWorkspaces } from "../usage.ts";
import type { Rule, RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule, OrganizationSubject } from "./subject.ts";

/** A consent that says nothing, or two things that are approved and expire apart. */
const consentSaysOneThing: OrganizationRule = {
  name: "consent-says-one-thing",
  check: ({ manifest }) =>
    (manifest.consents ?? []).flatMap(({ delete: deleted, remove }, index) => {
      const isEmpty = remove !== undefined && Object.values(remove).every((names) => names.length === 0);
      if ((deleted === undefined) !== (remove === undefined) && !isEmpty) return [];
      return [oneThing(["consents", index], "delete", deleted, remove, isEmpty)];
    }),
};

/** The input of a rule about a platform's consents. */
interface PlatformConsents {
  readonly manifest: PlatformManifest;
  readonly today: string;
}

const platformConsentSaysOneThing: Rule<PlatformConsents> = {
  name: "consent-says-one-thing",
  check: ({ manifest: { consents = [] } }) =>
    consents.flatMap(({ weaken, remove }, index) => {
      const isEmpty = weaken?.length === 0;
      if ((weaken === undefined) !== (remove === undefined) && !isEmpty) return [];
      return [oneThing(["consents", index], "weaken", weaken, remove, isEmpty)];
    }),
};

function oneThing(
  path: Path,
  other: "delete" | "weaken",
  first: unknown,
  second: unknown,
  isEmpty: boolean,
): RuleDiagnostic {
  const both = first !== undefined && second !== undefined;
  return {
    path,
    message: both ? "the consent says two things" : "the consent says nothing",
    expected: `either \`${other}\` or \`remove\`, with the names of what it is about`,
    found: both ? "both" : isEmpty ? "no names" : "neither",
    remedy: both ? "write a consent for each" : "name what may go, or remove the consent",
  };
}

/** Warns of consents that no longer allow anything, and of those that allow more than the manifest removes. */
const consentNamesRemoval: OrganizationRule = {
  name: "consent-names-removal",
  check: (subject) =>
    (subject.manifest.consents ?? []).flatMap(({ remove, expires }, index): RuleDiagnostic[] => {
      if (remove === undefined) return [];
      const path = ["consents", index];
      const expired =
        expires < subject.today ? [expiredConsent([...path, "expires"], expires, subject.today)] : [];
      return [...expired, ...stays(subject, remove).map((each) => stayDiagnostic(path, each))];
    }),
};

const platformConsentNamesRemoval: Rule<PlatformConsents> = {
  name: "consent-names-removal",
  check: ({ manifest: { consents = [], stripe }, today }) =>
    consents.flatMap(({ remove, expires }, index): RuleDiagnostic[] => {
      const path = ["consents", index];
      const stays = remove !== undefined && remove.webhook === stripe?.webhook?.url;
      return [
        ...(expires < today ? [expiredConsent([...path, "expires"], expires, today)] : []),
        ...(stays
          ? [
              stayDiagnostic(path, {
                path: ["remove", "webhook"],
                name: remove.webhook,
                declared: "`stripe.webhook`",
              }),
            ]
          : []),
      ];
    }),
};

function expiredConsent(path: Path, expires: string, today: string): RuleDiagnostic {
  return {
    severity: "warning",
    path,
    message: "the consent has expired",
    expected: `${today} or later`,
    found: `\`${expires}\``,
    remedy: "have it approved again with a later date; if everything in it is done, remove the consent",
  };
}

/** Something that a consent names, and that the manifest still declares. */
interface Staying {
  readonly path: Path;
  readonly name: string;
  /** Where it is declared. */
  readonly declared: string;
}

function stayDiagnostic(path: Path, { path: within, name, declared }: Staying): RuleDiagnostic {
  return {
    severity: "warning",
    path: [...path, ...within],
    message: `the consent names \`${name}\`, which stays`,
    expected: "only what the manifest no longer declares",
    found: `\`${name}\` in ${declared}`,
    remedy: `remove \`${name}\` from the consent, or from ${declared}`,
  };
}

type Remove = NonNullable<NonNullable<OrganizationManifest["consents"]>[number]["remove"]>;

function stays({ manifest, plan }: OrganizationSubject, remove: Remove): Staying[] {
  const workspaces = declaredWorkspaces(manifest);
  const each = (key: RemovableKind, declared: (name: string) => string | undefined) =>
    (remove[key] ?? []).flatMap((name, index): Staying[] => {
      const place = declared(name);
      return place === undefined ? [] : [{ path: ["remove", key, index], name, declared: place }];
    });
  const inWorkspace = (key: "apiKeys" | "connections") => (name: string) => {
    const [slug = "", entry = ""] = name.split("/");
    const workspace = ownProperty(workspaces, slug);
    const isClosing = (workspace?.state ?? "active") === "deleted" || manifest.state === "deleted";
    return !isClosing && Object.hasOwn(workspace?.[key] ?? {}, entry)
      ? `\`workspaces.${slug}.${key}\``
      : undefined;
  };
  const memberWith = (email: string) =>
    manifest.members?.find((member) => member.email.toLowerCase() === email.toLowerCase());
  const isOwner = (email: string) => manifest.owner.toLowerCase() === email.toLowerCase();
  const owner = remove.owner;
  return [
    ...each("members", (email) => (memberWith(email) ? "`members`" : isOwner(email) ? "`owner`" : undefined)),
    ...each("apiKeys", inWorkspace("apiKeys")),
    ...each("workspaces", (name) => {
      const workspace = ownProperty(workspaces, name);
      const isActive =
        (workspace?.state ?? "active") === "active" && (manifest.state ?? "active") === "active";
      return workspace !== undefined && isActive ? "`workspaces`, active" : undefined;
    }),
    ...each("domains", (domain) => placeOfDomain(workspaces, domain)),
    ...each("connections", inWorkspace("connections")),
    ...(owner !== undefined && (isOwner(owner) || memberWith(owner)?.role === "admin")
      ? [
          {
            path: ["remove", "owner"],
            name: owner,
            declared: isOwner(owner) ? "`owner`" : "`members`, as admin",
          },
        ]
      : []),
    ...(remove.subscription !== undefined && remove.subscription === plan?.name
      ? [{ path: ["remove", "subscription"], name: remove.subscription, declared: "`plan`" }]
      : []),
  ];
}

function placeOfDomain(
  workspaces: ReturnType<typeof declaredWorkspaces>,
  domain: string,
): string | undefined {
  for (const [slug, { apps = {} }] of Object.entries(workspaces))
    for (const [app, declared] of Object.entries(apps))
      if (declared.domain !== undefined && normalizeHost(declared.domain) === normalizeHost(domain))
        return `\`workspaces.${slug}.apps.${app}\``;
  return undefined;
}

export const CONSENT_RULES: readonly OrganizationRule[] = [consentSaysOneThing, consentNamesRemoval];
export const PLATFORM_CONSENT_RULES: readonly Rule<PlatformConsents>[] = [
  platformConsentSaysOneThing,
  platformConsentNamesRemoval,
];
