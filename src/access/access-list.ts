import * as z from "zod";
import type { Query } from "../vendors/postgres/database.ts";
import { type Admitted, admittedShape } from "../vendors/postgres/scripts/admit.ts";

/** A snapshot of a workspace's members in the control plane. */
export interface AccessList {
  readonly workspace: string;
  /** Organization and workspace: `acme/production`. */
  readonly name: string;
  /** The ref of its project, or null. */
  readonly ref: string | null;
  readonly state: string;
  readonly version: number;
  readonly members: readonly Admitted[];
  /** The transactions whose changes the snapshot contains. */
  readonly changes: readonly string[];
}

const answerShape = z.object({
  workspace: z.string(),
  name: z.string(),
  ref: z.string().nullable(),
  state: z.string(),
  version: z.coerce.number(),
  members: z.array(admittedShape),
  changes: z.array(z.string()),
});

/** Reads snapshots of workspaces' members. A single statement, so that each is consistent. */
const READ = `
  select workspaces.id as workspace, organizations.name || '/' || workspaces.name as name, project_ref as ref, workspaces.state, version,
    (select coalesce(jsonb_agg(jsonb_build_object('email', email, 'role', role, 'user_id', user_id, 'managed_by', managed_by)
      order by email), '[]') from private.workspace_access where workspace_id = workspaces.id) as members,
    (select coalesce(jsonb_agg(transaction::text), '[]') from private.access_changes where workspace_id = workspaces.id) as changes
  from public.workspaces
  join public.organizations on organizations.id = organization_id
  left join private.access_deliveries on workspace_id = workspaces.id
  where workspaces.id = any ($1)`;

/** Reads a snapshot for comparison only. Use {@link takeAccessList} to deliver it. */
export async function readAccessList(query: Query, workspace: string): Promise<AccessList | undefined> {
  const [row] = await query(READ, [[workspace]]);
  return row && answerShape.parse({ ...row, version: row.version ?? 0 });
}

/**
 * Reads a snapshot with a new version, to deliver it to the workspace's database. The row stays locked until the end of the
 * transaction, so that a higher version always has newer contents.
 *
 * @param above the version that the database already has
 */
export async function takeAccessList(
  query: Query,
  workspace: string,
  above = 0,
): Promise<AccessList | undefined> {
  await query(
    `insert into private.access_deliveries as held (workspace_id, version) select id, $2::bigint + 1 from public.workspaces where id = $1
     on conflict (workspace_id) do update set version = greatest(held.version, $2::bigint) + 1`,
    [workspace, above],
  );
  return readAccessList(query, workspace);
}

/** The selection of workspaces to deliver to. */
export interface Due {
  readonly most: number;
  /** Also selects workspaces that were last confirmed this long ago. Null: only those with changes. */
  readonly confirmAfterSeconds: number | null;
}

/** How long a workspace is reserved for the process that took it. Longer than an attempt lasts. */
const TAKEN_FOR = "30 seconds";

/**
 * Takes workspaces that are due for delivery: first those that may lose members, then those that gain members, then those to
 * confirm. Concurrent processes take different workspaces.
 */
export async function takeDue(
  query: Query,
  { most, confirmAfterSeconds }: Due,
): Promise<readonly AccessList[]> {
  const taken = await query<{ id: string }>(
    `with due as (
       select held.workspace_id as id
       from private.access_deliveries as held
       join public.workspaces on workspaces.id = held.workspace_id
       cross join lateral (select bool_or(closes) as closes, min(noted.created_at) as since
         from private.access_changes as noted where noted.workspace_id = held.workspace_id) as changed
       where project_ref is not null and next_attempt_at <= clock_timestamp() and (changed.since is not null
         or state = 'active' and coalesce(delivered_at, '-infinity') <= clock_timestamp() - make_interval(secs => $2::double precision))
       order by changed.closes desc nulls last, changed.since nulls last, delivered_at nulls first
       limit $1::integer for no key update of held skip locked)
     update private.access_deliveries as held
       set version = version + 1, next_attempt_at = clock_timestamp() + interval '${TAKEN_FOR}'
       from due where due.id = held.workspace_id returning held.workspace_id as id`,
    [most, confirmAfterSeconds],
  );
  if (taken.length === 0) return [];
  // A separate statement, so that it sees everything that was committed before the versions were assigned.
  const rows = await query(READ, [taken.map(({ id }) => id)]);
  return rows.map((row) => answerShape.parse(row));
}

/** Records a successful delivery. */
export async function confirmDelivery(
  query: Query,
  { workspace, version, changes }: AccessList,
): Promise<void> {
  await query(
    "delete from private.access_changes where workspace_id = $1 and transaction = any ($2::text[]::xid8[])",
    [workspace, changes],
  );
  await query(
    `update private.access_deliveries set delivered_version = greatest(delivered_version, $2), delivered_at = clock_timestamp(),
       failures = 0, failure = null, next_attempt_at = '-infinity'
     where workspace_id = $1`,
    [workspace, version],
  );
}

/**
 * Records a failed delivery and schedules the next attempt, with exponential backoff up to a minute.
 *
 * @returns the seconds until the next attempt
 */
export async function postpone(query: Query, { workspace }: AccessList, reason: string): Promise<number> {
  const [row] = await query<{ wait: number }>(
    `update private.access_deliveries set failures = failures + 1, failure = $2,
       next_attempt_at = clock_timestamp() + make_interval(secs => least(power(2, least(failures, 10)), 60))
     where workspace_id = $1 returning least(power(2, least(failures - 1, 10)), 60)::integer as wait`,
    [workspace, reason],
  );
  return row?.wait ?? 0;
}

/** The workspaces that have a project and aren't deleted. */
export async function workspacesWithProject(query: Query): Promise<readonly string[]> {
  const rows = await query<{ id: string }>(
    "select id from public.workspaces where project_ref is not null and state <> 'deleted' order by id",
  );
  return rows.map(({ id }) => id);
}
