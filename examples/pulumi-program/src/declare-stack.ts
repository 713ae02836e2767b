import * as pulumi from "@pulumi/pulumi";
import { Organization, organizationLogicalName, Platform, type StackModel } from "tenantry";

export type Outputs = Readonly<Record<string, pulumi.Output<unknown>>>;

/** Declares a platform's own stack, or the stack of one organization. */
export function declareStack({ platform, organization }: StackModel, today: string): Outputs {
  if (organization === undefined) {
    const { url } = new Platform(platform.name, { platform });
    return { controlPlaneUrl: url };
  }
  const tenant = new Organization(organizationLogicalName(organization), { platform, organization, today });
  // What this program adds: a health check for each workspace.
  const healthChecks = pulumi
    .output(tenant.workspaces)
    .apply((urls) => Object.entries(urls).map(([workspace, url]) => ({ workspace, url: `${url}/rest/v1/` })));
  return { plan: tenant.plan, healthChecks };
}
