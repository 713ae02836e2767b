import type { Path } from "../../manifest/locate.ts";
import type { PlatformManifest } from "../../manifest/platform.ts";
import type { Repository } from "../../manifest/repository.ts";
import { type SecretUse, secretUses } from "../../manifest/secret-uses.ts";
import { listNames } from "../../shared/list-names.ts";
import { isReserved, ownerOfSecret, ownersByName, ownerWords, type SecretOwner } from "../secret-owner.ts";
import type { Rule, RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule } from "./subject.ts";

/** An organization can only use secrets that it owns. */
const secretOfOneOrganization: OrganizationRule = {
  name: "secret-of-one-organization",
  check: ({ manifest, repository }) =>
    secretUses(manifest).flatMap((use) => {
      const owner = ownerOfSecret(use.secret, repository);
      const isOwn =
        owner.kind === "organizations" &&
        owner.platform === repository.own &&
        owner.organizations.includes(manifest.name);
      return isOwn ? [] : [foreignSecret(use, manifest.name, owner, repository)];
    }),
};

export const ORGANIZATION_SECRET_RULES: readonly OrganizationRule[] = [secretOfOneOrganization];

interface PlatformSecretsSubject {
  readonly manifest: PlatformManifest;
  readonly repository: Repository;
}

type PlatformSecretsRule = Rule<PlatformSecretsSubject>;

/** The platform itself can't use a secret of an organization, or one that is reserved for tenantry. */
const secretOfThePlatform: PlatformSecretsRule = {
  name: "secret-of-the-platform",
  check: ({ manifest, repository }) =>
    secretUses(manifest).flatMap(({ secret, path }) => {
      const [owner] = ownersByName(secret, repository);
      const whose = isReserved(secret) ? "tenantry" : owner && ownerWords(owner);
      if (whose === undefined) return [];
      return [
        {
          path,
          message: `the name of the secret \`${secret}\` is reserved for ${whose}`,
          expected: "the name of a secret of the platform",
          found: `\`${secret}\``,
          remedy: `rename the secret, for example to \`${manifest.name}-own-${lastPart(secret)}\``,
        },
      ];
    }),
};

/** The list under `secrets` can't contain secrets of another platform. */
const listedSecret: PlatformSecretsRule = {
  name: "listed-secret",
  check: ({ manifest, repository }) =>
    Object.entries(manifest.secrets ?? {}).flatMap(([secret, { organizations }]) => {
      const path = ["secrets", secret];
      const error = listingError(secret, repository);
      return [
        ...(error === undefined ? [] : [{ path, part: "key" as const, ...error }]),
        ...organizations.flatMap((name, index) =>
          isOrganization(name, repository)
            ? []
            : [unknownOrganization(name, [...path, "organizations", index])],
        ),
      ];
    }),
};

export const PLATFORM_SECRET_RULES: readonly PlatformSecretsRule[] = [secretOfThePlatform, listedSecret];

function isOrganization(name: string, { own, platforms }: Repository): boolean {
  return platforms.some((platform) => platform.name === own && platform.organizations.has(name));
}

function unknownOrganization(name: string, path: Path): RuleDiagnostic {
  return {
    path,
    message: `there is no organization \`${name}\` on this platform`,
    expected: "the name of a file in `orgs/`",
    found: `\`${name}\``,
    remedy: "correct the name, or remove it",
  };
}

function listingError(
  secret: string,
  repository: Repository,
): Omit<RuleDiagnostic, "path" | "part"> | undefined {
  const taken = (whose: string): Omit<RuleDiagnostic, "path" | "part"> => ({
    message: `the secret \`${secret}\` can't be listed here: it belongs to ${whose}`,
    expected: "secrets of organizations of this platform",
    found: `\`${secret}\``,
    remedy: "remove it, and rename the intended secret",
  });
  const owner = ownerOfSecret(secret, repository);
  if (owner.kind === "tenantry") return taken("tenantry");
  if (owner.kind === "platform") return taken(`the platform \`${owner.platform}\` itself`);
  if (owner.kind === "organizations" && owner.platform !== repository.own)
    return taken(
      owner.organizations.map((organization) => ownerWords({ ...owner, organization })).join(" and "),
    );
  if (owner.kind === "contested")
    return {
      message: `the secret \`${secret}\` is claimed more than once`,
      expected: "one claim to each secret in the repository",
      found: owner.claims.join(" and "),
      remedy: "keep one of the claims, and rename the other secret",
    };
  const unknown = repository.platforms.find(
    ({ manifest, words }) => manifest === undefined && words?.has(secret) !== false,
  );
  if (unknown === undefined) return undefined;
  return {
    message: `can't check whether the platform \`${unknown.name}\` also claims the secret \`${secret}\`, because its manifest has errors`,
    expected: "one claim to each secret in the repository",
    found: `a \`platform.yaml\` of \`${unknown.name}\` that can't be read`,
    remedy: `correct the manifest of \`${unknown.name}\` first: tenantry validate`,
  };
}

function foreignSecret(
  { secret, path }: SecretUse,
  organization: string,
  owner: SecretOwner,
  { own }: Repository,
): RuleDiagnostic {
  const proposal = `${organization}-${lastPart(secret)}`;
  const rename = `name a secret of \`${organization}\`, such as \`${proposal}\``;
  const list = `list it under \`secrets\` in the platform's manifest, with a reason`;
  const expected = `a secret whose name begins with \`${organization}-\`, or that the platform lists for \`${organization}\``;
  const common = { path, expected };
  switch (owner.kind) {
    case "tenantry":
      return {
        ...common,
        message: `\`${secret}\` is reserved for tenantry's own secrets`,
        found: `\`${secret}\``,
        remedy: rename,
      };
    case "platform":
      return {
        ...common,
        message: `the secret \`${secret}\` belongs to the platform itself`,
        found: `a secret that \`${owner.platform}\` itself uses`,
        remedy: rename,
      };
    case "organizations":
      return {
        ...common,
        message: `the secret \`${secret}\` belongs to another organization`,
        found: `a secret of ${listNames(owner.organizations.map((name) => `\`${name}\``))} of \`${owner.platform}\``,
        remedy: owner.platform === own ? `${rename}, or ${list}` : rename,
      };
    case "contested":
      return {
        ...common,
        message: `the name of the secret \`${secret}\` doesn't identify one owner`,
        found: `claims of ${owner.claims.join(" and ")}`,
        remedy: `rename it, or ${list}`,
      };
    case "nobody":
      return {
        ...common,
        message: `the name of the secret \`${secret}\` doesn't say which organization it belongs to`,
        found: `\`${secret}\``,
        remedy: `rename it to \`${organization}-${secret}\`, or ${list}`,
      };
  }
}

/** The last part of a secret's name, which states its purpose: `anthropic` in `acme-labs-anthropic`. */
function lastPart(secret: string): string {
  return secret.slice(secret.lastIndexOf("-") + 1);
}
