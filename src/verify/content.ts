import type { OrganizationModel } from "../model/model.ts";
import { escapeLiteral } from "../vendors/postgres/quote.ts";
import type { OrganizationRows } from "./organization-rows.ts";

/**
 * Statements that insert rows of this and another organization for the test, so that there are rows to access even in new and
 * empty tables. They are rolled back with the transaction.
 */
export function controlPlaneContent(organization: OrganizationModel, rows: OrganizationRows): string[] {
  const other = rows.outsider === null ? [] : (rows.elsewhere[rows.outsider] ?? []);
  const ids = [organization.id, ...other].map((id) => `${escapeLiteral(id)}::uuid`).join(", ");
  const inEach = (table: string, values: Readonly<Record<string, string>>) =>
    `insert into public.${table} (workspace_id, ${Object.keys(values).join(", ")})
      select id, ${Object.values(values).join(", ")} from public.workspaces where organization_id in (${ids})
      on conflict do nothing`;
  const ofEach = (table: string, values: Readonly<Record<string, string>>) =>
    `insert into public.${table} (organization_id, ${Object.keys(values).join(", ")})
      select id, ${Object.values(values).join(", ")} from public.organizations where id in (${ids})
      on conflict do nothing`;
  return [
    inEach("connections", { name: NAME, kind: NAME, managed_by: "'app'" }),
    inEach("apps", { name: NAME, managed_by: "'app'" }),
    inEach("cron_jobs", { name: NAME, schedule: "'0 0 * * *'", task: NAME, managed_by: "'app'" }),
    inEach("api_keys", { id: "id", name: NAME, prefix: NAME, managed_by: "'app'" }),
    inEach("agent_sessions", { status: "'running'" }),
    inEach("escalations", { reason: NAME }),
    inEach("usage_logs", { operation: NAME }),
    ofEach("invitations", {
      email: "'invited@tenantry.invalid'",
      role: "'member'",
      workspaces: "'{}'::text[]",
      expires_on: "current_date",
      managed_by: "'app'",
    }),
    ofEach("claim_tokens", {
      id: "gen_random_uuid()",
      name: NAME,
      role: "'member'",
      expires_at: "now()",
      managed_by: "'app'",
    }),
  ];
}

const NAME = "'tenantry-verify'";

/** The statements for a workspace's database. */
export const WORKSPACE_CONTENT: readonly string[] = [
  // A workspace whose lease has expired is closed. Renew it, so that its policies are tested.
  "update private.settings set access_confirmed_at = clock_timestamp()",
  `insert into public.files (path) values (${NAME}) on conflict do nothing`,
  `with chat as (insert into public.chats (title) values (${NAME}) returning id)
    insert into public.messages (chat_id, role, content) select id, 'user', '{}' from chat`,
  "insert into public.agent_sessions (status) values ('running')",
  `insert into public.agent_state (agent, key, value) values (${NAME}, ${NAME}, '{}') on conflict do nothing`,
  `insert into storage.objects (bucket_id, name) values ('files', ${NAME}) on conflict do nothing`,
];
