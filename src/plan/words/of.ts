import { currentType } from "../../shared/type-token.ts";
import { apiKeys } from "./control-plane/api-keys.ts";
import { catalogue } from "./control-plane/catalogue.ts";
import { claimTokens } from "./control-plane/claim-tokens.ts";
import { grant } from "./control-plane/grant.ts";
import { controlPlaneGuard } from "./control-plane/guard.ts";
import { organization } from "./control-plane/organization.ts";
import { planCredits } from "./control-plane/plan-credits.ts";
import { workspace } from "./control-plane/workspace.ts";
import { workspaceMembers } from "./control-plane/workspace-members.ts";
import { access } from "./postgres/access.ts";
import { archive } from "./postgres/archive.ts";
import { guard } from "./postgres/guard.ts";
import { pluginWords } from "./postgres/plugin.ts";
import { rowSecurity } from "./postgres/row-security.ts";
import { schema } from "./postgres/schema.ts";
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
import type { Words } from "./words.ts";

/** The words of each resource of the provider, by type. */
export const WORDS: Readonly<Record<string, Words>> = {
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

/** The words for a type token, such as `tenantry:supabase:Project`. Types of other providers are listed under other changes. */
export function wordsOf(token: string): Words {
  const type = currentType(token).replace(/^tenantry:/, "");
  const known = Object.hasOwn(WORDS, type) ? WORDS[type] : undefined;
  if (known !== undefined) return known;
  const noun = spacedName(token.split(":").at(-1) ?? token);
  if (token.startsWith("postgresql:")) return pluginWords(noun);
  return { noun: token.startsWith("pulumi:providers:") ? `connection of ${noun}` : noun, claims: () => [] };
}

/** `DefaultPrivileges` → `default privileges` */
function spacedName(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
