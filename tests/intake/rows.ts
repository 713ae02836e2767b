import type { AppRows } from "../../src/intake/app-rows.ts";

/** The app's rows of an organization that a manifest declares. */
export function rowsOf(more: Partial<AppRows> = {}): AppRows {
  return {
    name: "acme",
    generation: 1,
    display_name: "Acme",
    plan: "big",
    billing_email: "ada@acme.example",
    managed_by: "manifest",
    owner: null,
    per_workspace_access: true,
    wallets: [],
    workspaces: [],
    members: [],
    access: [],
    invitations: [],
    apps: [],
    cron_jobs: [],
    kept: [],
    connections: [],
    api_keys: [],
    ...more,
  };
}
