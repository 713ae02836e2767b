import { isDeepStrictEqual } from "node:util";
import { ownProperty } from "@tenantry/core/own-property";
import { namesThatBegin, type Repository, type Surroundings } from "../manifest/repository.ts";
import { secretUses } from "../manifest/secret-uses.ts";

/** An organization of a platform of the repository. */
export interface Owner {
  readonly platform: string;
  readonly organization: string;
}

/** Whose a secret is. Whatever isn't exactly one of the first three is refused to everybody. */
export type SecretOwner =
  /** Tenantry's own: no manifest may name it. */
  | { readonly kind: "tenantry" }
  /** What the platform itself signs in with: no organization may name it. */
  | { readonly kind: "platform"; readonly platform: string }
  /** The one organization whose name begins it, or those that the platform lists. */
  | { readonly kind: "organizations"; readonly platform: string; readonly organizations: readonly string[] }
  /** More than one has a claim to it. */
  | { readonly kind: "contested"; readonly claims: readonly string[] }
  /** No organization's name begins it, and no platform lists it. */
  | { readonly kind: "nobody" };

/** Names that read like the root secret and its versions. */
const RESERVED = /^root(-(secret|previous|old|next|new))*$/;

/** Whether a name is like one of tenantry's own secrets. */
export function isReserved(secret: string): boolean {
  return RESERVED.test(secret);
}

/**
 * Whose a secret is: the platform's that uses it itself, or that of the organizations that the platform lists under `secrets`,
 * else that of the organization with the longest name that begins it.
 *
 * A platform can't list what belongs, by its name, to an organization of another platform.
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

/** A secret of somebody that would be contested, or somebody else's, once an organization came. */
export interface SecretAtRisk {
  readonly secret: string;
  /** Whose it is now. */
  readonly owner: Extract<SecretOwner, { kind: "platform" | "organizations" }>;
  /** Whether it would stay with its owner if the owner's platform listed it. */
  readonly canBeListed: boolean;
}

/** What others would lose if a platform got an organization of a name. */
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

/** The organizations, one of each platform, with the longest name that begins a secret's. */
export function ownersByName(secret: string, { platforms }: Repository): readonly Owner[] {
  for (const organization of namesThatBegin(secret)) {
    const owners = platforms.filter(({ organizations }) => organizations.has(organization));
    if (owners.length > 0) return owners.map(({ name }) => ({ platform: name, organization }));
  }
  return [];
}

/** `acme of agntdata` */
export function ownerWords({ platform, organization }: Owner): string {
  return `the organization \`${organization}\` of \`${platform}\``;
}

interface Claim {
  readonly platform: string;
  /** Undefined where the platform uses it itself. */
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
 * Organizations with a shorter name that use the secret: it was theirs before the one with the longer name came. Who is right
 * can't be told by the name, so neither gets it.
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
