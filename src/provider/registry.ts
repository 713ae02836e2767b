import type * as z from "zod";
import { currentType } from "../shared/type-token.ts";
import type { Resource } from "./resource.ts";
import { apiKeys } from "./resources/control-plane/api-keys.ts";
import { catalogue } from "./resources/control-plane/catalogue.ts";
import { claimTokens } from "./resources/control-plane/claim-tokens.ts";
import { grant } from "./resources/control-plane/grant.ts";
import { guard as controlPlaneGuard } from "./resources/control-plane/guard.ts";
import { organization } from "./resources/control-plane/organization.ts";
import { planCredits } from "./resources/control-plane/plan-credits.ts";
import { workspace } from "./resources/control-plane/workspace.ts";
import { workspaceMembers } from "./resources/control-plane/workspace-members.ts";
import { access } from "./resources/postgres/access.ts";
import { archive } from "./resources/postgres/archive.ts";
import { guard } from "./resources/postgres/guard.ts";
import { rowSecurity } from "./resources/postgres/row-security.ts";
import { schema } from "./resources/postgres/schema.ts";
import { customer } from "./resources/stripe/customer.ts";
import { portal } from "./resources/stripe/portal.ts";
import { price } from "./resources/stripe/price.ts";
import { product } from "./resources/stripe/product.ts";
import { subscription } from "./resources/stripe/subscription.ts";
import { webhookEndpoint } from "./resources/stripe/webhook-endpoint.ts";
import { project } from "./resources/supabase/project.ts";
import { ready } from "./resources/supabase/ready.ts";
import { secrets } from "./resources/supabase/secrets.ts";
import { settings } from "./resources/supabase/settings.ts";
import { standby } from "./resources/supabase/standby.ts";

/** The provider's resources, by type. */
export const registry = {
  "supabase:Project": project,
  "supabase:Ready": ready,
  "supabase:Settings": settings,
  "supabase:Secrets": secrets,
  "supabase:Standby": standby,
  "postgres:Schema": schema,
  "postgres:Access": access,
  "postgres:RowSecurity": rowSecurity,
  "postgres:Guard": guard,
  "postgres:Archive": archive,
  "stripe:Product": product,
  "stripe:Price": price,
  "stripe:Customer": customer,
  "stripe:Subscription": subscription,
  "stripe:Portal": portal,
  "stripe:WebhookEndpoint": webhookEndpoint,
  "control-plane:Catalogue": catalogue,
  "control-plane:Organization": organization,
  "control-plane:Guard": controlPlaneGuard,
  "control-plane:Workspace": workspace,
  "control-plane:ApiKeys": apiKeys,
  "control-plane:ClaimTokens": claimTokens,
  "control-plane:WorkspaceMembers": workspaceMembers,
  "control-plane:Grant": grant,
  "control-plane:PlanCredits": planCredits,
};

export type ResourceType = keyof typeof registry;

/** The inputs that a program passes. A `Secret` stands for a string that the program marks as secret. */
export type InputsOf<T extends ResourceType> = z.input<(typeof registry)[T]["inputs"]>;

/** The outputs that a program gets in addition to the inputs. */
export type OutputsOf<T extends ResourceType> = z.output<(typeof registry)[T]["outputs"]>;

const resources: ReadonlyMap<string, Resource> = new Map(Object.entries<Resource>(registry));

/** @param token the type as in a URN: `tenantry:supabase:Project` */
export function resourceOf(token: string): Resource | undefined {
  return resources.get(currentType(token).replace(/^tenantry:/, ""));
}

export function allResources(): readonly Resource[] {
  return [...resources.values()];
}
