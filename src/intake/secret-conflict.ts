import type { ParsedPlatform } from "../manifest/read.ts";
import { readSurroundings } from "../manifest/repository.ts";
import { ownerWords, type SecretAtRisk, secretsAtRisk } from "../model/secret-owner.ts";
import { listNames } from "../shared/list-names.ts";

/**
 * The reason why a new organization can't have its name: a manifest of that name would dispute secrets of others, whose
 * manifests would then be refused. Anybody can sign up, so a name must not block another customer.
 *
 * @param folder the platform's folder
 * @returns undefined if there is no conflict
 */
export function secretConflict(folder: string, platform: ParsedPlatform, name: string): string | undefined {
  const surroundings = readSurroundings(folder, platform, name);
  const rename = `give the new organization another name in its row of public.organizations in the control plane`;
  const [unclear] = surroundings.unclear;
  if (unclear !== undefined)
    return `the name of the organization: \`${name}\` may dispute secrets of the platform \`${unclear}\`, whose manifest has errors: correct them first (run tenantry validate), or ${rename}`;
  const risks = secretsAtRisk(surroundings);
  const [first] = risks;
  if (first === undefined) return undefined;
  const secrets = listNames(risks.map(({ secret }) => `\`${secret}\``));
  const theirs = risks.every(({ canBeListed }) => canBeListed)
    ? `list ${secrets} under \`secrets\` in the manifest of the platform \`${first.owner.platform}\`, with a reason`
    : `rename ${secrets}`;
  return `the name of the organization: \`${name}-\` is a prefix of ${secrets} of ${listNames([...new Set(risks.map(holderOf))])}, which would no longer belong to a single owner: ${rename}, or ${theirs}, and run this command again`;
}

function holderOf({ owner }: SecretAtRisk): string {
  if (owner.kind === "platform") return `the platform \`${owner.platform}\``;
  const { platform, organizations } = owner;
  return organizations.map((organization) => ownerWords({ platform, organization })).join(" and ");
}
