-- How changes of who may enter a workspace reach the workspace's own database. `tenantry webhook`, `tenantry access` and
-- `tenantry up` deliver them (definitions/access/workspace_access.sql defines who may enter).

-- The changes that a workspace's database doesn't have yet: one row for each transaction that changed who may enter, written in
-- that transaction and deleted on delivery.
create table private.access_changes (
  workspace_id uuid not null references public.workspaces (id) on delete cascade,
  transaction xid8 not null default pg_current_xact_id(),
  -- Whether the change may revoke access. Such changes are delivered first.
  closes boolean not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, transaction)
);
alter table private.access_changes enable row level security;

-- How far each workspace's database is. Whoever reads who may enter, in order to write it there, raises the version. The
-- database keeps the version that was written last and ignores a lower one, so a writer that was overtaken changes nothing.
create table private.access_deliveries (
  workspace_id uuid primary key references public.workspaces (id) on delete cascade,
  version bigint not null default 0,
  delivered_version bigint not null default 0,
  delivered_at timestamptz,
  -- How many attempts failed in a row, and the reason of the last failure.
  failures integer not null default 0,
  failure text,
  next_attempt_at timestamptz not null default '-infinity'
);
alter table private.access_deliveries enable row level security;
