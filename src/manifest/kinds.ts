import { type OrganizationManifest, organizationSchema } from "./organization.ts";
import { type PlatformManifest, platformSchema } from "./platform.ts";

/** The schemas of manifests by kind. */
export const MANIFESTS = { Platform: platformSchema, Organization: organizationSchema } as const;

export type Kind = keyof typeof MANIFESTS;

export interface ManifestOf {
  readonly Platform: PlatformManifest;
  readonly Organization: OrganizationManifest;
}
