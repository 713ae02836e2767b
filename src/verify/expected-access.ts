import type { Source, Write } from "../vendors/postgres/scripts/try-access.ts";

/**
 * Who may read a table's rows through the data API: all members of the organization, only its owner and admins, those with
 * access to the workspace, every customer of the platform, or nobody. If the organization isn't active, nobody reads its rows,
 * but its members still learn its state (`memberships`).
 */
type Readers = "memberships" | "organization" | "admins" | "workspace" | "customers" | "nobody";

/** The expected access to a table, view or set-returning function, stated independently of the policies that enforce it. */
export interface TableAccess {
  readonly readers: Readers;
  /** The column that identifies a row's owner. Default `organization_id` or `workspace_id`, depending on the readers. */
  readonly column?: string;
  /** A condition for the rows that the readers may read, instead of a column. */
  readonly rows?: string;
  /** The writes that readers may do. Default none, because the product writes through functions. */
  readonly writes?: readonly Write[];
  /** Values that replace those of an existing row for test inserts. */
  readonly added?: Readonly<Record<string, unknown>>;
}

export type ExpectedAccess = Readonly<Record<string, TableAccess>>;

/** Tables of tenantry and Supabase that exist in every database. */
const EVERYWHERE: ExpectedAccess = {
  "realtime.messages": { readers: "nobody" },
  "storage.buckets": { readers: "nobody" },
  "tenantry.definition_objects": { readers: "nobody" },
  "tenantry.definitions": { readers: "nobody" },
  "tenantry.migrations": { readers: "nobody" },
  "tenantry.objects": { readers: "nobody" },
  "tenantry.schemas": { readers: "nobody" },
};

export const CONTROL_PLANE: ExpectedAccess = {
  ...EVERYWHERE,
  "private.access_changes": { readers: "nobody" },
  "private.access_deliveries": { readers: "nobody" },
  "private.api_key_hashes": { readers: "nobody" },
  "private.claim_token_hashes": { readers: "nobody" },
  "private.connection_credentials": { readers: "nobody" },
  "private.declared_workspaces": { readers: "nobody" },
  "private.departures": { readers: "nobody" },
  "private.foundings": { readers: "nobody" },
  "private.intake_requests": { readers: "nobody" },
  "private.invitation_days": { readers: "nobody" },
  "private.limit_uses": { readers: "nobody" },
  "private.stripe_events": { readers: "nobody" },
  "private.wallet_allocations": { readers: "nobody" },
  "private.workspace_access": { readers: "nobody" },
  "public.agent_sessions": { readers: "workspace" },
  "public.api_keys": { readers: "workspace" },
  "public.apps": { readers: "workspace" },
  "public.claim_tokens": { readers: "admins" },
  "public.connections": { readers: "workspace" },
  "public.cron_jobs": { readers: "workspace" },
  "public.escalations": { readers: "workspace" },
  "public.invitations": { readers: "admins" },
  "public.members": { readers: "organization" },
  "public.my_organizations()": { readers: "memberships", column: "id" },
  "public.my_workspaces()": { readers: "workspace", column: "id" },
  "public.organization_domains": { readers: "workspace" },
  "public.organizations": { readers: "organization", column: "id" },
  "public.plans": { readers: "customers" },
  "public.platforms": { readers: "customers" },
  "public.quota_usage": { readers: "organization" },
  "public.quotas": { readers: "organization" },
  "public.reloads": { readers: "admins" },
  "public.trials": { readers: "organization" },
  "public.usage_logs": { readers: "workspace" },
  "public.wallet_credits": { readers: "organization" },
  "public.wallet_entries": { readers: "admins" },
  "public.wallet_spend": { readers: "admins" },
  "public.wallet_types": { readers: "customers" },
  "public.wallets": { readers: "organization" },
  "public.workspace_members": { readers: "workspace" },
  "public.workspaces": { readers: "workspace", column: "id" },
  "storage.objects": { readers: "nobody" },
};

export const WORKSPACE: ExpectedAccess = {
  ...EVERYWHERE,
  "private.settings": { readers: "nobody" },
  "public.agent_sessions": { readers: "workspace" },
  "public.agent_state": { readers: "workspace" },
  "public.chats": { readers: "workspace", writes: ["insert", "update"] },
  "public.files": { readers: "workspace", writes: ["insert", "update", "delete"] },
  "public.messages": { readers: "workspace", writes: ["insert"] },
  "public.workspace_members": { readers: "workspace" },
  "storage.objects": {
    readers: "workspace",
    rows: "it.bucket_id = 'files'",
    writes: ["insert", "update", "delete"],
    added: { owner: null, owner_id: null },
  },
};

/** The expected access to a table. An unknown table must not be readable. */
export function tableAccessOf(promises: ExpectedAccess, table: string): TableAccess {
  return promises[table] ?? { readers: "nobody" };
}

/** The test of a table: conditions for the rows of the caller and of others. */
export function sourceOf(name: string, promise: TableAccess): Source {
  const { rows, added } = promise;
  const whose = { name, ...(added && { added }) };
  if (rows !== undefined) return { ...whose, mine: rows, others: `(${rows}) is not true` };
  if (promise.readers === "nobody" || promise.readers === "customers")
    return { ...whose, mine: "false", others: "true" };
  const column = promise.column ?? (promise.readers === "workspace" ? "workspace_id" : "organization_id");
  return { ...whose, mine: `it.${column} = k`, others: `(it.${column} = any ($2)) is not true` };
}
