import { ownProperty } from "@tenantry/core/own-property";
import { valueAt } from "@tenantry/core/property-path";
import type { OrganizationManifest } from "../manifest/organization.ts";
import { titleOf } from "../model/defaults.ts";
import type { AppRows } from "./app-rows.ts";
import type { Value } from "./yaml-insert.ts";

/** An entry to add to a manifest. */
export interface Addition {
  /** The table in the control plane that has its row. */
  readonly table:
    | "workspaces"
    | "wallets"
    | "members"
    | "workspace_members"
    | "invitations"
    | "apps"
    | "cron_jobs";
  /** The path of the map or list that it belongs to. */
  readonly path: readonly (string | number)[];
  /** Undefined for an item of a list. */
  readonly key: string | undefined;
  readonly value: Value;
  /** A description for people: `workspace spike`. */
  readonly what: string;
}

/** A row that stays with the app, and the reason. */
interface Left {
  readonly what: string;
  readonly reason: string;
}

export interface Additions {
  readonly additions: readonly Addition[];
  readonly left: readonly Left[];
}

/**
 * The first keys of the manifest of an organization that was created in the product. Its plan is always named, so that another
 * default plan doesn't move it.
 */
export function newManifest({ name, display_name, generation, owner, plan, billing_email }: AppRows) {
  const head: [string, Value][] = [
    ["apiVersion", "tenantry/v1"],
    ["kind", "Organization"],
    ["name", name],
    ["displayName", display_name],
    ...(generation > 1 ? [["generation", generation] satisfies [string, Value]] : []),
    ["plan", plan],
    ["owner", owner ?? billing_email],
    ...(billing_email === owner ? [] : [["billing", { email: billing_email }] satisfies [string, Value]]),
  ];
  return Object.fromEntries(head);
}

/** Requested workspaces, and for a new organization the auto-reload of its wallets. */
export function requestedAdditions(rows: AppRows, manifest: OrganizationManifest): Additions {
  const declared = manifest.workspaces;
  // Without `workspaces` there is a personal one, which must stay when another is added.
  const implicit = declared === undefined ? [{ name: "personal", value: {} }] : [];
  const requested = rows.workspaces.map((row) => ({ name: row.name, value: workspaceValue(row) }));
  const missing = [...implicit.filter(() => requested.length > 0), ...requested].filter(
    ({ name }, index, all) =>
      ownProperty(declared ?? {}, name) === undefined &&
      all.findIndex((other) => other.name === name) === index,
  );
  const others = rows.workspaces.filter(({ name, generation }) => {
    const existing = ownProperty(declared ?? {}, name);
    return existing !== undefined && (existing.generation ?? 1) !== generation;
  });
  return {
    additions: [
      ...missing.map(({ name, value }) =>
        addition("workspaces", ["workspaces"], name, value, `workspace ${name}`),
      ),
      ...(rows.managed_by === "app" ? walletAdditions(rows, manifest) : []),
    ],
    left: others.map(({ name, generation }) => ({
      what: `workspace ${name}`,
      reason: `the manifest declares an earlier workspace of this name; set \`generation: ${generation}\` once that workspace is deleted`,
    })),
  };
}

/** All other rows that the app manages: members, invitations, apps and cron jobs. */
export function importAdditions(rows: AppRows, manifest: OrganizationManifest): Additions {
  const named = (kind: string, { workspace, name }: { workspace: string; name: string }) =>
    `${kind} ${workspace}/${name}`;
  const found = [
    ...memberAdditions(rows, manifest),
    ...invitationAdditions(rows, manifest),
    ...appAdditions(rows, manifest),
    ...cronAdditions(rows, manifest),
  ];
  const wouldRemove = found.filter((each) => isKeptWithoutKey(each, rows, manifest));
  return {
    additions: found.filter((each) => !wouldRemove.includes(each)),
    left: [
      ...wouldRemove.map(({ what, path }) => ({
        what,
        reason: `the manifest leaves \`${path.at(-1)}\` out, so what an earlier manifest declared there stays; a list with only this row would remove it. Declare the whole list first`,
      })),
      ...rows.connections.map((row) => ({
        what: named("connection", row),
        reason:
          "its credentials are in the product's own store; to manage it here, declare it with a `secret`",
      })),
      ...rows.api_keys.map((row) => ({
        what: named("API key", row),
        reason: "only the customer knows its value, and a key in the manifest would have another value",
      })),
    ],
  };
}

/**
 * Whether the manifest leaves out the key of a collection of which an earlier manifest declared rows. These stay as long as the
 * key is absent.
 */
function isKeptWithoutKey({ path }: Addition, { kept }: AppRows, manifest: OrganizationManifest): boolean {
  if (valueAt(manifest, path) !== undefined) return false;
  const named = path.map((segment) =>
    typeof segment === "number" ? (manifest.members?.[segment]?.email.toLowerCase() ?? "") : segment,
  );
  return kept.includes(named.join("."));
}

function addition(
  table: Addition["table"],
  path: Addition["path"],
  key: string | undefined,
  value: Value,
  what: string,
): Addition {
  return { table, path, key, value, what };
}

function workspaceValue({
  name,
  generation,
  display_name,
  expires_on,
}: AppRows["workspaces"][number]): Value {
  return {
    ...(display_name === titleOf(name) ? {} : { displayName: display_name }),
    ...(generation > 1 ? { generation } : {}),
    ...(expires_on === null ? {} : { expires: expires_on }),
  };
}

function walletAdditions({ wallets }: AppRows, manifest: OrganizationManifest): Addition[] {
  return wallets
    .filter(({ name }) => ownProperty(manifest.wallets ?? {}, name) === undefined)
    .map(({ name, reload_below, reload_add, reload_up_to, reload_monthly_cap }) => {
      const autoReload = {
        below: reload_below,
        ...(reload_add === null ? {} : { add: reload_add }),
        ...(reload_up_to === null ? {} : { upTo: reload_up_to }),
        ...(reload_monthly_cap === null ? {} : { monthlyCap: reload_monthly_cap }),
      };
      return addition("wallets", ["wallets"], name, { autoReload }, `auto-reload of wallet ${name}`);
    });
}

function memberAdditions(rows: AppRows, manifest: OrganizationManifest): Addition[] {
  const { owner, members = [] } = manifest;
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const people = rows.members
    .filter(({ email, role }) => role !== "owner" && !same(owner, email))
    .filter(({ email }) => !members.some((member) => same(member.email, email)))
    .map(({ email, role }) => {
      const workspaces = role === "member" ? grantsOf(rows, email) : undefined;
      return addition(
        "members",
        ["members"],
        undefined,
        { email, role, ...(workspaces && { workspaces }) },
        `member ${email}`,
      );
    });
  const grants = members.flatMap(({ email, role, workspaces = [] }, index) =>
    (role === "member" ? (grantsOf(rows, email) ?? []) : [])
      .filter((name) => !workspaces.includes(name))
      .map((name) =>
        addition(
          "workspace_members",
          ["members", index, "workspaces"],
          undefined,
          name,
          `workspace ${name} of member ${email}`,
        ),
      ),
  );
  return [...people, ...grants];
}

/** Undefined if the plan has no per-workspace access, because members then have access to every workspace. */
function grantsOf({ access, per_workspace_access }: AppRows, email: string): string[] | undefined {
  if (!per_workspace_access) return undefined;
  return access.filter((row) => row.email === email.toLowerCase()).map(({ workspace }) => workspace);
}

function invitationAdditions(rows: AppRows, { invitations = [] }: OrganizationManifest): Addition[] {
  return rows.invitations
    .filter(({ email }) => !invitations.some((known) => known.email.toLowerCase() === email))
    .map(({ email, role, workspaces, expires_on }) => {
      const granted: Record<string, Value> =
        role === "member" && rows.per_workspace_access ? { workspaces } : {};
      return addition(
        "invitations",
        ["invitations"],
        undefined,
        { email, role, ...granted, expires: expires_on },
        `invitation ${email}`,
      );
    });
}

function appAdditions({ apps }: AppRows, { workspaces = {} }: OrganizationManifest): Addition[] {
  return apps
    .filter(
      ({ workspace, name }) =>
        ownProperty(ownProperty(workspaces, workspace)?.apps ?? {}, name) === undefined,
    )
    .map(({ workspace, name, domain }) =>
      addition(
        "apps",
        ["workspaces", workspace, "apps"],
        name,
        domain === null ? {} : { domain },
        `app ${workspace}/${name}`,
      ),
    );
}

function cronAdditions({ cron_jobs }: AppRows, { workspaces = {} }: OrganizationManifest): Addition[] {
  return cron_jobs
    .filter(
      ({ workspace, name }) =>
        ownProperty(ownProperty(workspaces, workspace)?.cron ?? {}, name) === undefined,
    )
    .map(({ workspace, name, schedule, task }) =>
      addition(
        "cron_jobs",
        ["workspaces", workspace, "cron"],
        name,
        { schedule, task },
        `cron job ${workspace}/${name}`,
      ),
    );
}
