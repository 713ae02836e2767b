import type { z } from "zod";
import { catalogueInputs, catalogueOutputs } from "./directory/catalogue.ts";
import { grantInputs, grantOutputs } from "./directory/grant.ts";
import { organizationInputs, organizationOutputs } from "./directory/organization.ts";
import { workspaceMembersInputs, workspaceMembersOutputs } from "./directory/workspace-members.ts";
import { workspaceInputs, workspaceOutputs } from "./directory/workspace.ts";
import { accessInputs, accessOutputs } from "./postgres/access.ts";
import { rowSecurityInputs, rowSecurityOutputs } from "./postgres/row-security.ts";
import { schemaInputs, schemaOutputs } from "./postgres/schema.ts";
import { customerInputs, customerOutputs } from "./stripe/customer.ts";
import { priceInputs, priceOutputs } from "./stripe/price.ts";
import { productInputs, productOutputs } from "./stripe/product.ts";
import { subscriptionInputs, subscriptionOutputs } from "./stripe/subscription.ts";
import { projectInputs, projectOutputs } from "./supabase/project.ts";
import { readyInputs, readyOutputs } from "./supabase/ready.ts";
import { secretsInputs, secretsOutputs } from "./supabase/secrets.ts";
import { settingsInputs, settingsOutputs } from "./supabase/settings.ts";

/** Every resource type of the provider. */
export const table = {
  "supabase:Project": { inputs: projectInputs, outputs: projectOutputs },
  "supabase:Ready": { inputs: readyInputs, outputs: readyOutputs },
  "supabase:Settings": { inputs: settingsInputs, outputs: settingsOutputs },
  "supabase:Secrets": { inputs: secretsInputs, outputs: secretsOutputs },
  "postgres:Schema": { inputs: schemaInputs, outputs: schemaOutputs },
  "postgres:Access": { inputs: accessInputs, outputs: accessOutputs },
  "postgres:RowSecurity": { inputs: rowSecurityInputs, outputs: rowSecurityOutputs },
  "stripe:Product": { inputs: productInputs, outputs: productOutputs },
  "stripe:Price": { inputs: priceInputs, outputs: priceOutputs },
  "stripe:Customer": { inputs: customerInputs, outputs: customerOutputs },
  "stripe:Subscription": { inputs: subscriptionInputs, outputs: subscriptionOutputs },
  "directory:Catalogue": { inputs: catalogueInputs, outputs: catalogueOutputs },
  "directory:Organization": { inputs: organizationInputs, outputs: organizationOutputs },
  "directory:Workspace": { inputs: workspaceInputs, outputs: workspaceOutputs },
  "directory:WorkspaceMembers": { inputs: workspaceMembersInputs, outputs: workspaceMembersOutputs },
  "directory:Grant": { inputs: grantInputs, outputs: grantOutputs },
};

export type ResourceType = keyof typeof table;

/** What a program may pass; a Secret stands for a text that the program marks as one. */
export type InputsOf<T extends ResourceType> = z.input<(typeof table)[T]["inputs"]>;

/** What a program gets, beyond the inputs. */
export type OutputsOf<T extends ResourceType> = z.output<(typeof table)[T]["outputs"]>;
