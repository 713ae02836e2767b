import type { OrganizationManifest } from "../manifest/organization.ts";
import type { PlatformManifest } from "../manifest/platform.ts";
import { byKind, DEFAULT_THRESHOLDS, type Thresholds } from "../shared/thresholds.ts";
import { normalizeHost } from "./defaults.ts";
import type { ConsentModel, PlatformConsentModel } from "./model.ts";

type Consent = NonNullable<OrganizationManifest["consents"]>[number];
type PlatformConsent = NonNullable<PlatformManifest["consents"]>[number];

interface Named {
  readonly name: string;
  readonly generation?: number | undefined;
}

/**
 * The name of an organization or one of its workspaces in a consent to its deletion: `acme`, `acme/spike`. After the first
 * generation, it includes the generation (`acme/spike@2`), so that no consent to an earlier deletion covers it.
 */
export function deletionName(organization: Named, workspace?: Named): string {
  return [organization, ...(workspace ? [workspace] : [])]
    .map(({ name, generation = 1 }) => (generation === 1 ? name : `${name}@${generation}`))
    .join("/");
}

export function consentModel({
  delete: deleted,
  remove = {},
  reason,
  approvedBy,
  expires,
}: Consent): ConsentModel {
  return {
    delete: deleted ?? null,
    remove: {
      members: (remove.members ?? []).map((email) => email.toLowerCase()),
      apiKeys: remove.apiKeys ?? [],
      workspaces: remove.workspaces ?? [],
      domains: (remove.domains ?? []).map(normalizeHost),
      connections: remove.connections ?? [],
      owner: remove.owner?.toLowerCase() ?? null,
      subscription: remove.subscription ?? null,
    },
    reason,
    approvedBy,
    expires,
  };
}

export function platformConsentModel({
  weaken = [],
  remove,
  reason,
  approvedBy,
  expires,
}: PlatformConsent): PlatformConsentModel {
  return { weaken, webhook: remove?.webhook ?? null, reason, approvedBy, expires };
}

/** The platform's thresholds: what it declares, and otherwise the defaults. */
export function thresholdsOf({
  perOrganization,
  perRun,
}: NonNullable<PlatformManifest["guards"]>): Thresholds {
  return {
    perOrganization: byKind((kind) => ({
      floor: perOrganization?.[kind]?.floor ?? DEFAULT_THRESHOLDS.perOrganization[kind].floor,
      share: perOrganization?.[kind]?.share ?? DEFAULT_THRESHOLDS.perOrganization[kind].share,
    })),
    perRun: byKind((kind) => ({
      floor: perRun?.[kind]?.floor ?? DEFAULT_THRESHOLDS.perRun[kind].floor,
      share: perRun?.[kind]?.share ?? DEFAULT_THRESHOLDS.perRun[kind].share,
    })),
  };
}
