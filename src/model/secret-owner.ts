import { isDeepStrictEqual } from "node:util";
import { ownProperty } from "@tenantry/core/own-property";
import { namesThatBegin, type Repository, type Surroundings } from "../manifest/repository.ts";
import { secretUses } from "../manifest/secret-uses.ts";

/** An organization of the repository. */
export interface Owner {
  readonly platform: string;
  readonly organization: string;
}

/** The owner of a secret. A secret that is `contested` or `nobody` can't be used. */
export type SecretOwner =
  /** Reserved for tenantry. No manifest can name it. */
  | { readonly kind: "tenantry" }
  /** Used by the platform itself. No organization can name it. */
  | { readonly kind: "platform"; readonly platform: string }
  /** The organization whose name is the prefix, or those that the platform lists. */
  | { readonly kind: "organizations"; readonly platform: string; readonly organizations: readonly string[] }
  /** There are several claims to it. */
  | { readonly kind: "contested"; readonly claims: readonly string[] }
  /** No organization's name is its prefix, and no platform lists it. */
  | { readonly kind: "nobody" };

/** Names that look like the root secret or a version of it. */
const RESERVED = /^root(-(secret|previous|old|next|new))*$/;

/** Whether a name is reserved for tenantry's own secrets. */
export function isReserved(secret: string): boolean {
  return RESERVED.test(secret);
}

/**
 * Determines the owner of a secret: the platform that uses it itself, or the organizations that a platform lists under `secrets`, or
 * else the organization with the longest name that is a prefix of it.
 *
 * A platform can't list a secret that belongs, by its name, to an organization of another platform.
 */
export function ownerOfSecret(secret: string, repository: Repository): SecretOwner {
  if (isReserved(secret)) return { kind: "tenantry" };
  const named = ownersByName(secret, repository);
  const [only] = named;
  const foreign = ({ platform }: Claim) => named.length === 1 && only?.platform !== platform;
  const claims = claimsTo(secret, repository).filter((claim) => !foreign(claim));
  const [claim] = claims;
  if (claims.length > 1) return { kind: "contested", claims: claims.map(({ words }) => words) };
  if (claim !== undefined)
    return claim.organizations === undefined
      ? { kind: "platform", platform: claim.platform }
      : { kind: "organizations", platform: claim.platform, organizations: claim.organizations };
  if (only === undefined) return { kind: "nobody" };
  const rivals = [...named, ...shorterNamesThatUse(secret, repository)];
  if (rivals.length > 1) return { kind: "contested", claims: rivals.map(ownerWords) };
  return { kind: "organizations", platform: only.platform, organizations: [only.organization] };
}

/** A secret that would change its owner, or become contested, if an organization was added. */
export interface SecretAtRisk {
  readonly secret: string;
  /** The current owner. */
  readonly owner: Extract<SecretOwner, { kind: "platform" | "organizations" }>;
  /** Whether the owner would keep it if the owner's platform listed it. */
  readonly canBeListed: boolean;
}

/** The secrets that others would lose if an organization was added to a platform. */
export function secretsAtRisk({ before, after, secrets }: Surroundings): readonly SecretAtRisk[] {
  return [...secrets].sort().flatMap((secret) => {
    const owner = ownerOfSecret(secret, before);
    if (owner.kind !== "platform" && owner.kind !== "organizations") return [];
    if (isDeepStrictEqual(ownerOfSecret(secret, after), owner)) return [];
    const isListed = owner.kind === "platform" || claimsTo(secret, before).length > 0;
    const named = ownersByName(secret, after);
    const canBeListed = !isListed && (named.length > 1 || named[0]?.platform === owner.platform);
    return [{ secret, owner, canBeListed }];
  });
}

/** The organizations, at most one of each platform, with the longest name that is a prefix of the secret. */
export function ownersByName(secret: string, { platforms }: Repository): readonly Owner[] {
  for (const organization of namesThatBegin(secret)) {
    const owners = platforms.filter(({ organizations }) => organizations.has(organization));
    if (owners.length > 0) return owners.map(({ name }) => ({ platform: name, organization }));
  }
  return [];
}

/** Describes an owner in a sentence. */
export function ownerWords({ platform, organization }: Owner): string {
  return `the organization \`${organization}\` of \`${platform}\``;
}

interface Claim {
  readonly platform: string;
  /** Undefined if the platform uses the secret itself. */
  readonly organizations: readonly string[] | undefined;
  readonly words: string;
}

function claimsTo(secret: string, { platforms }: Repository): readonly Claim[] {
  return platforms.flatMap(({ name: platform, manifest }): Claim[] => {
    if (manifest === undefined) return [];
    const listed = ownProperty(manifest.secrets ?? {}, secret);
    const used = secretUses(manifest).some((use) => use.secret === secret);
    return [
      ...(used ? [{ platform, organizations: undefined, words: `the platform \`${platform}\` itself` }] : []),
      ...(listed === undefined
        ? []
        : [
            {
              platform,
              organizations: listed.organizations,
              words: `\`secrets\` of the platform \`${platform}\``,
            },
          ]),
    ];
  });
}

/**
 * Organizations with a shorter matching name that use the secret, which belonged to them before the one with the longer name was
 * added. The name doesn't tell which one is right, so neither can use it.
 */
function shorterNamesThatUse(secret: string, repository: Repository): readonly Owner[] {
  const [, ...shorter] = namesThatBegin(secret).filter((name) =>
    repository.platforms.some(({ organizations }) => organizations.has(name)),
  );
  return repository.platforms.flatMap(({ name: platform, named }) =>
    shorter
      .filter((organization) => named.get(organization)?.has(secret))
      .map((organization) => ({ platform, organization })),
  );
}
