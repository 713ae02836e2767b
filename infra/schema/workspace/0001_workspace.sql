-- The workspace of this database. The control plane writes the row.

create table private.settings (
  singleton boolean primary key default true check (singleton),
  workspace_id uuid not null unique,
  issuer text not null check (issuer <> ''),
  -- The version of the control plane's answer that was written last. A lower version is older and changes nothing.
  access_version bigint not null default 0,
  -- When the control plane last confirmed who may enter.
  access_confirmed_at timestamptz,
  -- How many seconds a confirmation lasts; after that, nobody enters until the next one. Null: no process confirms
  -- continuously, and a confirmation doesn't expire.
  access_lease_seconds integer check (access_lease_seconds > 0)
);
alter table private.settings enable row level security;
