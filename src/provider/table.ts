import type * as z from "zod";
import { apiKeys } from "./directory/api-keys.ts";
import { catalogue } from "./directory/catalogue.ts";
import { claimTokens } from "./directory/claim-tokens.ts";
import { grant } from "./directory/grant.ts";
import { guard as directoryGuard } from "./directory/guard.ts";
import { organization } from "./directory/organization.ts";
import { planCredits } from "./directory/plan-credits.ts";
import { workspace } from "./directory/workspace.ts";
import { workspaceMembers } from "./directory/workspace-members.ts";
import { access } from "./postgres/access.ts";
import { archive } from "./postgres/archive.ts";
import { guard } from "./postgres/guard.ts";
import { rowSecurity } from "./postgres/row-security.ts";
import { schema } from "./postgres/schema.ts";
import type { Resource } from "./resource.ts";
import { customer } from "./stripe/customer.ts";
import { portal } from "./stripe/portal.ts";
import { price } from "./stripe/price.ts";
import { product } from "./stripe/product.ts";
import { subscription } from "./stripe/subscription.ts";
import { webhookEndpoint } from "./stripe/webhook-endpoint.ts";
import { project } from "./supabase/project.ts";
import { ready } from "./supabase/ready.ts";
import { secrets } from "./supabase/secrets.ts";
import { settings } from "./supabase/settings.ts";
import { standby } from "./supabase/standby.ts";

/** Every resource type of the provider, by its type. */
export const table = {
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
  "directory:Catalogue": catalogue,
  "directory:Organization": organization,
  "directory:Guard": directoryGuard,
  "directory:Workspace": workspace,
  "directory:ApiKeys": apiKeys,
  "directory:ClaimTokens": claimTokens,
  "directory:WorkspaceMembers": workspaceMembers,
  "directory:Grant": grant,
  "directory:PlanCredits": planCredits,
};

export type ResourceType = keyof typeof table;

/** What a program may pass; a Secret stands for a text that the program marks as one. */
export type InputsOf<T extends ResourceType> = z.input<(typeof table)[T]["inputs"]>;

/** What a program gets, beyond the inputs. */
export type OutputsOf<T extends ResourceType> = z.output<(typeof table)[T]["outputs"]>;

const resources: ReadonlyMap<string, Resource> = new Map(Object.entries<Resource>(table));

/** @param token as a URN has it: `tenantry:supabase:Project` */
export function resourceOf(token: string): Resource | undefined {
  return resources.get(token.replace(/^tenantry:/, ""));
}

export function allResources(): readonly Resource[] {
  return [...resources.values()];
}
