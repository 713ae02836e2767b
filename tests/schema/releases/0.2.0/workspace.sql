-- The SQL that tenantry 0.2.0 ran on a new database of a workspace. Written by tests/schema/freeze-release.ts.

begin;
set local search_path = '';

set local tenantry.specification = '{"roles":{"tenantry_policy":{"login":false,"inherit":false,"bypassRowSecurity":true}},"extensions":{"pgcrypto":{"schema":"extensions"}},"schemas":{"private":{"usage":["anon","authenticated","service_role","tenantry_policy"]}},"defaultPrivileges":[{"on":"functions","revokeFrom":["public"]},{"schema":"public","on":"tables","revokeFrom":["anon","authenticated","service_role"]},{"schema":"public","on":"sequences","revokeFrom":["anon","authenticated","service_role"]},{"schema":"public","on":"functions","revokeFrom":["anon","authenticated","service_role"]}],"settings":{"authenticator":{"pgrst.db_pre_request":"private.check_request"}},"memberships":{},"formerly":[],"formerSettings":{}}';
do $tenantry$
declare
  declared jsonb := pg_catalog.current_setting('tenantry.specification')::jsonb;
  entry record;
  existing record;
  attributes text;
  given record;
  managed text[];
begin
  for entry in select key as name, value from jsonb_each(declared -> 'roles') loop
    attributes := format('%s %s %s',
      case when (entry.value ->> 'login')::boolean then 'login' else 'nologin' end,
      case when (entry.value ->> 'inherit')::boolean then 'inherit' else 'noinherit' end,
      case when (entry.value ->> 'bypassRowSecurity')::boolean then 'bypassrls' else 'nobypassrls' end);
    for attempt in 1..5 loop
      begin
        select rolcanlogin, rolinherit, rolbypassrls, shobj_description(oid, 'pg_authid') as brand into existing
          from pg_roles where rolname = entry.name;
        if not found then
          execute format('create role %I %s', entry.name, attributes);
          execute format('comment on role %I is %L', entry.name, 'Managed by tenantry.');
        elsif format('%s %s %s',
            case when existing.rolcanlogin then 'login' else 'nologin' end,
            case when existing.rolinherit then 'inherit' else 'noinherit' end,
            case when existing.rolbypassrls then 'bypassrls' else 'nobypassrls' end) <> attributes then
          if existing.brand is distinct from 'Managed by tenantry.' then
            raise exception '%', entry.name using errcode = 'TN011';
          end if;
          execute format('alter role %I %s', entry.name, attributes);
        end if;
        -- Required to make the role the owner of functions.
        if exists (select from pg_roles where rolname = entry.name and shobj_description(oid, 'pg_authid') = 'Managed by tenantry.')
          and not (pg_has_role(entry.name, 'set') and pg_has_role(entry.name, 'usage')) then
          execute format('grant %I to %I with inherit true, set true', entry.name, current_user);
        end if;
        exit;
      exception when duplicate_object or unique_violation or internal_error then
        if attempt = 5 then raise; end if;
      end;
    end loop;
  end loop;

  for entry in
    select member.key as member, role
    from jsonb_each(declared -> 'memberships') as member, jsonb_array_elements_text(member.value) as role
    where not exists (select from pg_auth_members m where m.member = to_regrole(quote_ident(member.key))
      and m.roleid = to_regrole(quote_ident(role)) and m.set_option)
  loop
    execute format('grant %I to %I with inherit false, set true', entry.role, entry.member);
  end loop;

  for entry in
    select key as name from jsonb_each(declared -> 'schemas')
    union select value ->> 'schema' from jsonb_each(declared -> 'extensions')
  loop
    if to_regnamespace(quote_ident(entry.name)) is null then execute format('create schema %I', entry.name); end if;
  end loop;

  for entry in select key as name, value ->> 'schema' as schema from jsonb_each(declared -> 'extensions') loop
    select n.nspname into existing from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = entry.name;
    if not found then
      execute format('create extension %I with schema %I', entry.name, entry.schema);
    elsif existing.nspname <> entry.schema then
      -- Only a superuser could move its objects.
      raise exception '%', entry.name || ' in ' || existing.nspname using errcode = 'TN012';
    end if;
  end loop;

  managed := array(
    select name from (
  select unnest(array['public', 'anon', 'authenticated', 'service_role']) as name
  union
  select pg_get_userbyid(roleid) from pg_auth_members where member = to_regrole('authenticator')) as api
    union select jsonb_array_elements_text(value -> 'usage') from jsonb_each(declared -> 'schemas')
    union select jsonb_array_elements_text(declared -> 'formerly'));
  for entry in select key as name, value -> 'usage' as usage from jsonb_each(declared -> 'schemas') loop
    for given in
      select distinct case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
      from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as acl
      where n.nspname = entry.name and acl.grantee <> n.nspowner
    loop
      if given.role = any (managed) and not entry.usage ? given.role then
        execute format('revoke all on schema %I from %s', entry.name,
          case given.role when 'public' then 'public' else quote_ident(given.role) end);
      end if;
    end loop;
    for given in
      select role from jsonb_array_elements_text(entry.usage) as role
      where not exists (
        select from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) as acl
        where n.nspname = entry.name and acl.privilege_type = 'USAGE'
          and case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end = role)
    loop
      execute format('grant usage on schema %I to %s', entry.name,
        case given.role when 'public' then 'public' else quote_ident(given.role) end);
    end loop;
  end loop;

  for entry in
    select value ->> 'schema' as schema, value ->> 'on' as kind, value -> 'revokeFrom' as roles
    from jsonb_array_elements(declared -> 'defaultPrivileges')
  loop
    for given in
      select role from (
    select n.nspname as schema, kind.name as "on", case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
    from (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types')) as kind (code, name)
    cross join (select 0::oid as oid, null as nspname union all select oid, nspname from pg_namespace) as n
    left join pg_default_acl d
      on d.defaclrole = current_user::regrole and d.defaclnamespace = n.oid and d.defaclobjtype::text = kind.code
    cross join aclexplode(coalesce(d.defaclacl,
      case when n.oid = 0 then acldefault(replace(kind.code, 'S', 's')::"char", current_user::regrole) end)) as acl
    where acl.grantee <> current_user::regrole) as granted
      where granted.schema is not distinct from entry.schema and granted."on" = entry.kind and entry.roles ? role
      group by role
    loop
      execute format('alter default privileges %s revoke all on %s from %s',
        case when entry.schema is null then '' else 'in schema ' || quote_ident(entry.schema) end,
        entry.kind, case given.role when 'public' then 'public' else quote_ident(given.role) end);
    end loop;
  end loop;

  for entry in
    select role, name, current.value as value
    from (select of_role.key as role, setting.key as name, setting.value
      from jsonb_each(declared -> 'settings') as of_role, jsonb_each_text(of_role.value) as setting) as current
    full join (select of_role.key as role, setting.key as name
      from jsonb_each(declared -> 'formerSettings') as of_role, jsonb_each_text(of_role.value) as setting) as former
      using (role, name)
    left join (
  select distinct on (s.setrole, name) pg_get_userbyid(s.setrole) as role, name,
    substr(setting, length(name) + 2) as value
  from pg_db_role_setting s
  cross join unnest(s.setconfig) as setting
  cross join split_part(setting, '=', 1) as name
  where s.setrole <> 0 and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  order by s.setrole, name, s.setdatabase desc) as today using (role, name)
    where current.value is distinct from today.value
  loop
    if exists (
      select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) as setting
      where d.datname = current_database() and s.setrole = to_regrole(quote_ident(entry.role))
        and split_part(setting, '=', 1) = entry.name)
    then
      execute format('alter role %I in database %I reset %I', entry.role, current_database(), entry.name);
    end if;
    execute case when entry.value is null then format('alter role %I reset %I', entry.role, entry.name)
      else format('alter role %I set %I to %L', entry.role, entry.name, entry.value) end;
    if entry.name like 'pgrst.%' then perform pg_notify('pgrst', 'reload config'); end if;
  end loop;
end
$tenantry$;
commit;

begin;
set local search_path = '';

set local tenantry.specification =  E'{"schemas":["public","private"],"migrations":{"0001_workspace":{"checksum":"a438e578f315a36aa89101754f9008b6f360059867406a753aedeb5bf3a98a60","sql":"-- The workspace of this database. The control plane writes the row.\\n\\ncreate table private.settings (\\n  singleton boolean primary key default true check (singleton),\\n  workspace_id uuid not null unique,\\n  issuer text not null check (issuer <> ''''),\\n  -- The version of the control plane''s answer that was written last. A lower version is older and changes nothing.\\n  access_version bigint not null default 0,\\n  -- When the control plane last confirmed who may enter.\\n  access_confirmed_at timestamptz,\\n  -- How many seconds a confirmation lasts; after that, nobody enters until the next one. Null: no process confirms\\n  -- continuously, and a confirmation doesn''t expire.\\n  access_lease_seconds integer check (access_lease_seconds > 0)\\n);\\nalter table private.settings enable row level security;\\n"},"0002_members":{"checksum":"35c4d9ca9657bac6cff3dbecaae23ab46206207bcc34953d3b427a18c0243dab","sql":"-- Who may enter this workspace. The control plane decides; tenantry replaces these rows as a whole, and nobody else writes them.\\n--\\n-- In this table and all others, the reference to the only row of the settings ties each row to this workspace. The default of\\n-- `workspace_id` is private.workspace_id() (definitions/workspace/workspace_id.sql).\\n\\ncreate table public.workspace_members (\\n  workspace_id uuid not null references private.settings (workspace_id),\\n  email text not null check (email = lower(email) and email like ''%_@_%''),\\n  role text not null check (role in (''owner'', ''admin'', ''member'')),\\n  user_id uuid unique,\\n  managed_by text not null default ''manifest'' check (managed_by in (''manifest'', ''app'')),\\n  created_at timestamptz not null default now(),\\n  primary key (workspace_id, email)\\n);\\nalter table public.workspace_members enable row level security;\\n"},"0003_content":{"checksum":"e28d67bfa5f3a6b153886e1c3abe7a45a1ca07363f140221d382b1dcf8227b9e","sql":"-- The contents of the workspace: files, chats, agents and their state.\\n\\ncreate table public.files (\\n  id uuid primary key default gen_random_uuid(),\\n  workspace_id uuid not null references private.settings (workspace_id),\\n  path text not null check (path ~ ''^[^/].*$'' and path !~ ''(^|/)\\\\.\\\\.?(/|$)''),\\n  object_name text,\\n  media_type text not null default ''application/octet-stream'',\\n  bytes bigint not null default 0 check (bytes >= 0),\\n  created_by uuid default auth.uid(),\\n  created_at timestamptz not null default now(),\\n  updated_at timestamptz not null default now(),\\n  unique (workspace_id, path)\\n);\\ncreate index files_created_by_idx on public.files (created_by);\\nalter table public.files enable row level security;\\n\\n-- A chat is a record of what people and agents said. Members archive it; only the product''s servers delete it.\\ncreate table public.chats (\\n  id uuid primary key default gen_random_uuid(),\\n  workspace_id uuid not null references private.settings (workspace_id),\\n  title text not null default '''',\\n  archived boolean not null default false,\\n  created_by uuid default auth.uid(),\\n  created_at timestamptz not null default now(),\\n  updated_at timestamptz not null default now()\\n);\\ncreate index chats_workspace_idx on public.chats (workspace_id, updated_at);\\ncreate index chats_created_by_idx on public.chats (created_by);\\nalter table public.chats enable row level security;\\n\\ncreate table public.messages (\\n  id uuid primary key default gen_random_uuid(),\\n  workspace_id uuid not null references private.settings (workspace_id),\\n  chat_id uuid not null references public.chats (id) on delete cascade,\\n  -- A person writes as `user`. The token of the product''s servers names no person, so they must set the role.\\n  role text not null default case when auth.uid() is not null then ''user'' end\\n    check (role in (''user'', ''assistant'', ''system'', ''tool'')),\\n  content jsonb not null,\\n  created_by uuid default auth.uid(),\\n  created_at timestamptz not null default now()\\n);\\ncreate index messages_workspace_idx on public.messages (workspace_id, created_at);\\ncreate index messages_chat_idx on public.messages (chat_id, created_at);\\ncreate index messages_created_by_idx on public.messages (created_by);\\nalter table public.messages enable row level security;\\n\\ncreate table public.agent_sessions (\\n  id uuid primary key default gen_random_uuid(),\\n  workspace_id uuid not null references private.settings (workspace_id),\\n  chat_id uuid references public.chats (id) on delete set null,\\n  status text not null default ''running'' check (status in (''running'', ''done'', ''failed'')),\\n  created_by uuid default auth.uid(),\\n  created_at timestamptz not null default now(),\\n  ended_at timestamptz,\\n  check ((status = ''running'') = (ended_at is null))\\n);\\ncreate index agent_sessions_workspace_idx on public.agent_sessions (workspace_id, created_at);\\ncreate index agent_sessions_chat_idx on public.agent_sessions (chat_id);\\ncreate index agent_sessions_created_by_idx on public.agent_sessions (created_by);\\nalter table public.agent_sessions enable row level security;\\n\\ncreate table public.agent_state (\\n  workspace_id uuid not null references private.settings (workspace_id),\\n  agent text not null,\\n  key text not null,\\n  value jsonb not null,\\n  updated_at timestamptz not null default now(),\\n  primary key (workspace_id, agent, key)\\n);\\nalter table public.agent_state enable row level security;\\n"},"0004_storage":{"checksum":"dfc752378b2ae1af6b744840ebbf74df96f29ee89f6bae63723a1313e9c9374c","sql":"-- The bucket of the workspace''s files. Row security opens its objects to members.\\n\\ninsert into storage.buckets (id, name, public) values (''files'', ''files'', false) on conflict (id) do nothing;\\n"}},"definitions":{"content/touch":{"checksum":"f65bea373869fb24a47eb7a00a775bad74f4488f32c835a20ffd54b341501910","sql":"-- Sets the time of the last change.\\ncreate or replace function private.touch() returns trigger\\nlanguage plpgsql set search_path = ''''\\nas $$\\nbegin\\n  new.updated_at := now();\\n  return new;\\nend\\n$$;\\n\\ncreate or replace trigger touch before update on public.files for each row execute function private.touch();\\ncreate or replace trigger touch before update on public.chats for each row execute function private.touch();\\ncreate or replace trigger touch before update on public.agent_state for each row execute function private.touch();\\n"},"text-rules/refuse_text":{"checksum":"519e15f2718c5cbbe3304c6270a51b1f238da3ee16eb6d256fe0b1f14d780e80","sql":"-- Refuses a new text. The condition of each trigger is the rule of its column. Rows of an archive were valid when they were\\n-- written, so restoring checks nothing.\\ncreate or replace function private.refuse_text() returns trigger\\nlanguage plpgsql set search_path = ''''\\nas $$\\nbegin\\n  if current_setting(''tenantry.restoring'', true) = ''on'' or tg_op = ''UPDATE''\\n      and to_jsonb(new) -> tg_argv[0] is not distinct from to_jsonb(old) -> tg_argv[0] then\\n    return new;\\n  end if;\\n  raise sqlstate ''PT400'' using message = format(''`%s` isn''''t what it should be'', tg_argv[0]),\\n    hint = ''expected '' || case tg_argv[1]\\n      when ''file_path'' then ''a path as reports/2026.csv, up to 1,024 characters, without . and .. and without control, direction or invisible characters''\\n      when ''title'' then ''one line of text or none, up to 200 characters, without control, direction or invisible characters''\\n      when ''key'' then ''a key of 1 to 255 characters, without control, direction or invisible characters''\\n      else tg_argv[1]\\n    end;\\nend\\n$$;\\n\\ncreate or replace trigger text_of_path before insert or update of path on public.files\\n  for each row when (private.is_file_path(new.path) is not true)\\n  execute function private.refuse_text(''path'', ''file_path'');\\ncreate or replace trigger text_of_object_name before insert or update of object_name on public.files\\n  for each row when (private.is_file_path(new.object_name) is false)\\n  execute function private.refuse_text(''object_name'', ''file_path'');\\ncreate or replace trigger text_of_media_type before insert or update of media_type on public.files\\n  for each row when (private.is_key(new.media_type) is not true)\\n  execute function private.refuse_text(''media_type'', ''key'');\\ncreate or replace trigger text_of_title before insert or update of title on public.chats\\n  for each row when (private.is_title(new.title) is not true)\\n  execute function private.refuse_text(''title'', ''title'');\\ncreate or replace trigger text_of_content before insert or update of content on public.messages\\n  for each row when (octet_length(new.content::text) > 1048576)\\n  execute function private.refuse_text(''content'', ''JSON of up to 1 MiB'');\\ncreate or replace trigger text_of_agent before insert or update of agent on public.agent_state\\n  for each row when (private.is_key(new.agent) is not true)\\n  execute function private.refuse_text(''agent'', ''key'');\\ncreate or replace trigger text_of_key before insert or update of key on public.agent_state\\n  for each row when (private.is_key(new.key) is not true)\\n  execute function private.refuse_text(''key'', ''key'');\\ncreate or replace trigger text_of_value before insert or update of value on public.agent_state\\n  for each row when (octet_length(new.value::text) > 1048576)\\n  execute function private.refuse_text(''value'', ''JSON of up to 1 MiB'');\\n"},"text-rules/rules":{"checksum":"08462a1ab8d8b00c70b2c52a60615a0eec00ea77bba656d8be0c9f53b0e39454","sql":"-- The rules of src/shared/text-rules.ts, which a test compares with these.\\n-- The control plane checks the addresses of members.\\n\\ncreate or replace function private.is_file_path(value text) returns boolean\\nlanguage sql immutable set search_path = ''''\\nas $$ select length(value) <= 1024 and value ~ ''^(?!/)(?!(?:[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u00ad\\\\u034f\\\\u061c\\\\u115f-\\\\u1160\\\\u17b4-\\\\u17b5\\\\u200b\\\\u200e-\\\\u200f\\\\u2028-\\\\u202e\\\\u2060-\\\\u206f\\\\u3164\\\\ue000-\\\\uf8ff\\\\ufdd0-\\\\ufdef\\\\ufeff\\\\uffa0\\\\ufff0-\\\\ufffc\\\\ufffe-\\\\uffff\\\\U0001bca0-\\\\U0001bca3\\\\U0001d173-\\\\U0001d17a\\\\U000e0000-\\\\U000e00ff\\\\U000e01f0-\\\\U0010ffff]*/)?\\\\.\\\\.?(?:/|$))[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u00ad\\\\u034f\\\\u061c\\\\u115f-\\\\u1160\\\\u17b4-\\\\u17b5\\\\u200b\\\\u200e-\\\\u200f\\\\u2028-\\\\u202e\\\\u2060-\\\\u206f\\\\u3164\\\\ue000-\\\\uf8ff\\\\ufdd0-\\\\ufdef\\\\ufeff\\\\uffa0\\\\ufff0-\\\\ufffc\\\\ufffe-\\\\uffff\\\\U0001bca0-\\\\U0001bca3\\\\U0001d173-\\\\U0001d17a\\\\U000e0000-\\\\U000e00ff\\\\U000e01f0-\\\\U0010ffff]+$'' $$;\\n\\ncreate or replace function private.is_title(value text) returns boolean\\nlanguage sql immutable set search_path = ''''\\nas $$ select length(value) <= 200 and value ~ ''^[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u00ad\\\\u034f\\\\u061c\\\\u115f-\\\\u1160\\\\u17b4-\\\\u17b5\\\\u200b\\\\u200e-\\\\u200f\\\\u2028-\\\\u202e\\\\u2060-\\\\u206f\\\\u3164\\\\ue000-\\\\uf8ff\\\\ufdd0-\\\\ufdef\\\\ufeff\\\\uffa0\\\\ufff0-\\\\ufffc\\\\ufffe-\\\\uffff\\\\U0001bca0-\\\\U0001bca3\\\\U0001d173-\\\\U0001d17a\\\\U000e0000-\\\\U000e00ff\\\\U000e01f0-\\\\U0010ffff]*$'' $$;\\n\\ncreate or replace function private.is_key(value text) returns boolean\\nlanguage sql immutable set search_path = ''''\\nas $$ select length(value) <= 255 and value ~ ''^[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u00ad\\\\u034f\\\\u061c\\\\u115f-\\\\u1160\\\\u17b4-\\\\u17b5\\\\u200b\\\\u200e-\\\\u200f\\\\u2028-\\\\u202e\\\\u2060-\\\\u206f\\\\u3164\\\\ue000-\\\\uf8ff\\\\ufdd0-\\\\ufdef\\\\ufeff\\\\uffa0\\\\ufff0-\\\\ufffc\\\\ufffe-\\\\uffff\\\\U0001bca0-\\\\U0001bca3\\\\U0001d173-\\\\U0001d17a\\\\U000e0000-\\\\U000e00ff\\\\U000e01f0-\\\\U0010ffff]+$'' $$;\\n"},"workspace/workspace_id":{"checksum":"bcccb7abffe6ab4ec6e954476e5d582d04a09ff6b933c915a1e647f1eb4c5c26","sql":"-- The workspace of this database.\\ncreate or replace function private.workspace_id() returns uuid\\nlanguage sql stable security definer set search_path = ''''\\nas $$ select workspace_id from private.settings $$;\\n\\n-- A default can''t name a function before it exists, and the function reads a table.\\nalter table public.workspace_members alter column workspace_id set default private.workspace_id();\\nalter table public.files alter column workspace_id set default private.workspace_id();\\nalter table public.chats alter column workspace_id set default private.workspace_id();\\nalter table public.messages alter column workspace_id set default private.workspace_id();\\nalter table public.agent_sessions alter column workspace_id set default private.workspace_id();\\nalter table public.agent_state alter column workspace_id set default private.workspace_id();\\n"}}}';
-- Brings a database to its declared schema: the pending migrations in the order of their names, then the definitions that
-- changed, then the account of what both made. All of it is one transaction with whatever runs this.
--
-- The specification holds `schemas`, and `migrations` and `definitions` by name, each with its `sql` and `checksum`.
-- The schema `tenantry` holds the ledger; no role but `postgres` may enter it.

create schema if not exists tenantry;
create table if not exists tenantry.migrations (
  name text collate "C" primary key, checksum text not null, applied_at timestamptz not null default now()
);
create table if not exists tenantry.definitions (
  name text collate "C" primary key, checksum text not null, applied_at timestamptz not null default now()
);
-- Which definition made a function, view or trigger. Null: no definition makes it any more, and it couldn't be dropped yet.
create table if not exists tenantry.definition_objects (identity text primary key, definition text);
create table if not exists tenantry.schemas (name text primary key);
create table if not exists tenantry.objects (identity text primary key, definition text not null);

do $tenantry$
declare
  declared constant jsonb := pg_catalog.current_setting('tenantry.specification')::jsonb;
  managed constant oid[] := array(
    select oid from pg_namespace where nspname in (select jsonb_array_elements_text(declared -> 'schemas')));
  names text;
  migration record;
  object record;
  given record;
  item text;
  differing jsonb;
  problem text;
  state text;
  more text;
  -- Whether a migration or a definition is applied that the ledger doesn't have.
  is_new boolean;
  -- Functions and views as they are before anything is dropped: their oid, owner and privileges by identity.
  before jsonb;
  -- Definitions to apply, those of them that need another one first, and those that were in the way of themselves.
  waiting text[];
  too_early text[];
  replaced text[] := '{}';
  first_problem text;
  first_state text;
  progress boolean;
  marker integer;
  -- Definitions by the objects that they made in this run.
  made jsonb := '{}';
  -- Objects to drop; at the end, those that no definition makes any more.
  doomed text[] := '{}';
  is_last boolean := false;
begin
  select string_agg(name, ', ' order by name) into names from tenantry.migrations;
  if names is not null and not exists (
    select from tenantry.migrations held where checksum = declared #>> array['migrations', held.name, 'checksum'])
  then
    raise exception '%', names using errcode = 'TN004';
  end if;

  select string_agg(name, ', ' order by name) into names from tenantry.migrations
    where checksum <> declared #>> array['migrations', name, 'checksum'];
  if names is not null then raise exception '%', names using errcode = 'TN001'; end if;

  select string_agg(name, ', ' order by name) into names from tenantry.migrations
    where not declared -> 'migrations' ? name;
  if names is not null then raise exception '%', names using errcode = 'TN002'; end if;

  select string_agg(key, ', ' order by key) into names from jsonb_object_keys(declared -> 'migrations') as key
    where key collate "C" < (select max(name) from tenantry.migrations)
      and key not in (select name from tenantry.migrations);
  if names is not null then raise exception '%', names using errcode = 'TN003'; end if;

  -- Functions and triggers that somebody changed are put back first, so that migrations run among those that are recorded.
  select coalesce(jsonb_agg(jsonb_build_object('identity', identity, 'difference', difference, 'statement', recorded.definition)
      order by identity), '[]') into differing
    from (
  select coalesce(recorded.identity, today.identity) as identity,
    case when recorded.identity is null then 'made by hand'
      when today.identity is null then 'missing'
      when recorded.definition = 'no longer declared' then recorded.definition
      else 'changed' end as difference
  from tenantry.objects as recorded
  full join (
  with managed as (select oid, nspname from pg_namespace where nspname in (select name from tenantry.schemas)),
  relation as (
    select c.oid, c.relkind, c.relpersistence, c.reloptions, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join managed n on n.oid = c.relnamespace
    where not exists (select from pg_depend
    where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
  )
  select 'table ' || name as identity, concat_ws(' ', relpersistence, relkind) as definition
    from relation where relkind in ('r', 'p')
  union all
  select format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
      case when a.attnotnull then 'not null' end,
      case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
      case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
      pg_get_expr(d.adbin, d.adrelid))
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    where r.relkind in ('r', 'p')
  union all
  select format('constraint %I of %s', c.conname, r.name), pg_get_constraintdef(c.oid)
    from relation r join pg_constraint c on c.conrelid = r.oid and c.contype not in ('t', 'n')
  union all
  select 'index ' || name, pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
  union all
  select 'view ' || name, concat_ws(' ', reloptions::text, pg_get_viewdef(oid))
    from relation where relkind in ('v', 'm')
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
      concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal
      and (c.relnamespace in (select oid from managed) or p.pronamespace in (select oid from managed))
  union all
  select 'function ' || p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_proc p join managed n on n.oid = p.pronamespace
    where p.prokind <> 'a' and obj_description(p.oid, 'pg_proc') is distinct from 'Managed by tenantry (row security).'
      and not exists (select from pg_depend
    where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
  union all
  select 'type ' || t.oid::regtype::text,
      coalesce((select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid), '')
    from pg_type t join managed n on n.oid = t.typnamespace
    where t.typtype = 'e' and not exists (select from pg_depend
    where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'e')) as today using (identity)
  where recorded.definition is distinct from today.definition
    and (today.identity is not null or recorded.definition <> 'no longer declared')) as different join tenantry.objects as recorded using (identity)
    where difference in ('changed', 'missing') and (identity like 'function %' or identity like 'trigger %');
  for object in select * from jsonb_to_recordset(differing) as it (identity text, difference text, statement text) loop
    begin
      if object.identity like 'function %' then
        execute object.statement;
      else
        -- The statement ends with the state in which the trigger fires.
        execute case when object.difference = 'changed' then
            format('drop trigger %s; ', replace(substr(object.identity, length('trigger ') + 1), ' of ', ' on ')) else '' end
          || left(object.statement, -2) || ';'
          || format('alter table %s %s trigger %s', split_part(object.identity, ' of ', 2),
            case right(object.statement, 1) when 'D' then 'disable' when 'R' then 'enable replica'
              when 'A' then 'enable always' else 'enable' end,
            split_part(substr(object.identity, length('trigger ') + 1), ' of ', 1));
      end if;
    exception
      when lock_not_available or deadlock_detected or serialization_failure then
        raise;
      when others then
        -- It stays in the account of differences, unless its definition makes it again below.
    end;
  end loop;

  select coalesce(jsonb_object_agg(identity, jsonb_build_object(
      'oid', it.oid,
      'owner', pg_get_userbyid(coalesce(p.proowner, c.relowner)),
      'grants', case when p.oid is not null then (
          select coalesce(jsonb_agg(jsonb_build_object('privilege', 'execute', 'role', pg_get_userbyid(grantee))), '[]')
          from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee not in (p.proowner, 0))
        else (
          select coalesce(jsonb_agg(jsonb_build_object('privilege', privilege, 'role', pg_get_userbyid(grantee))), '[]')
          from (
    select acl.grantee, lower(acl.privilege_type) as privilege
      from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as acl
    union
    select acl.grantee, format('%s(%I)', lower(acl.privilege_type), a.attname)
      from pg_attribute a, aclexplode(a.attacl) as acl where a.attrelid = c.oid and not a.attisdropped) as granted where grantee not in (c.relowner, 0)) end)), '{}')
    into before
    from (
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (managed)
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (managed)
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (managed)) as it
    join tenantry.definition_objects using (identity)
    left join pg_proc p on identity like 'function %' and p.oid = it.oid
    left join pg_class c on identity like 'view %' and c.oid = it.oid
    where identity not like 'trigger %';

  is_new := exists (select from tenantry.definitions where not declared -> 'definitions' ? name);
  for migration in
    select key as name, value ->> 'sql' as sql, value ->> 'checksum' as checksum
    from jsonb_each(declared -> 'migrations')
    where key not in (select name from tenantry.migrations) order by key collate "C"
  loop
    is_new := true;
    perform set_config('search_path', 'public, extensions', true);
    begin
      execute migration.sql;
    exception when others then
      get stacked diagnostics problem = message_text, state = returned_sqlstate, more = pg_exception_detail;
      raise exception '%', 'migration ' || migration.name || ': ' || problem using errcode = state, detail = more;
    end;
    perform set_config('search_path', '', true);
    insert into tenantry.migrations (name, checksum) values (migration.name, migration.checksum);
  end loop;

  -- A definition is applied when its text changed, and when something that it made is missing or differs: somebody changed
  -- it, or a migration dropped it in order to change a table.
  waiting := array(
    select key from jsonb_each(declared -> 'definitions') as it (key, value) left join tenantry.definitions held on name = key
    where checksum is distinct from value ->> 'checksum' order by key collate "C");
  is_new := is_new or waiting <> '{}';
  if exists (select from tenantry.definition_objects) then
    waiting := array(
      select unnest(waiting) union
      select definition from (
  select coalesce(recorded.identity, today.identity) as identity,
    case when recorded.identity is null then 'made by hand'
      when today.identity is null then 'missing'
      when recorded.definition = 'no longer declared' then recorded.definition
      else 'changed' end as difference
  from tenantry.objects as recorded
  full join (
  with managed as (select oid, nspname from pg_namespace where nspname in (select name from tenantry.schemas)),
  relation as (
    select c.oid, c.relkind, c.relpersistence, c.reloptions, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join managed n on n.oid = c.relnamespace
    where not exists (select from pg_depend
    where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
  )
  select 'table ' || name as identity, concat_ws(' ', relpersistence, relkind) as definition
    from relation where relkind in ('r', 'p')
  union all
  select format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
      case when a.attnotnull then 'not null' end,
      case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
      case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
      pg_get_expr(d.adbin, d.adrelid))
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    where r.relkind in ('r', 'p')
  union all
  select format('constraint %I of %s', c.conname, r.name), pg_get_constraintdef(c.oid)
    from relation r join pg_constraint c on c.conrelid = r.oid and c.contype not in ('t', 'n')
  union all
  select 'index ' || name, pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
  union all
  select 'view ' || name, concat_ws(' ', reloptions::text, pg_get_viewdef(oid))
    from relation where relkind in ('v', 'm')
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
      concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal
      and (c.relnamespace in (select oid from managed) or p.pronamespace in (select oid from managed))
  union all
  select 'function ' || p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_proc p join managed n on n.oid = p.pronamespace
    where p.prokind <> 'a' and obj_description(p.oid, 'pg_proc') is distinct from 'Managed by tenantry (row security).'
      and not exists (select from pg_depend
    where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
  union all
  select 'type ' || t.oid::regtype::text,
      coalesce((select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid), '')
    from pg_type t join managed n on n.oid = t.typnamespace
    where t.typtype = 'e' and not exists (select from pg_depend
    where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'e')) as today using (identity)
  where recorded.definition is distinct from today.definition
    and (today.identity is not null or recorded.definition <> 'no longer declared')) as different join tenantry.definition_objects using (identity)
      where declared -> 'definitions' ? definition order by 1);
  end if;

  perform set_config('check_function_bodies', 'off', true);
  loop
    while doomed <> '{}' loop
      progress := false;
      foreach item in array doomed loop
        begin
          execute case when item like 'function %' then 'drop routine ' || substr(item, length('function ') + 1)
            else 'drop ' || replace(item, ' of ', ' on ') end;
          doomed := array_remove(doomed, item);
          progress := true;
        exception
          when undefined_function or undefined_object or undefined_table then
            doomed := array_remove(doomed, item);
            progress := true;
          when dependent_objects_still_exist or insufficient_privilege then
            get stacked diagnostics problem = message_text, state = returned_sqlstate, more = pg_exception_detail;
        end;
      end loop;
      exit when not progress;
    end loop;
    exit when is_last;
    if doomed <> '{}' then
      raise exception '%', 'definition ' || replaced[cardinality(replaced)] || ': ' || problem
        using errcode = state, detail = more;
    end if;

    -- Definitions that need each other are applied in the order of their need: those that come too early wait.
    too_early := '{}';
    progress := false;
    first_problem := null;
    foreach item in array waiting loop
      begin
        insert into tenantry.definitions as held (name, checksum)
          values (item, declared #>> array['definitions', item, 'checksum'])
          on conflict (name) do update set checksum = excluded.checksum, applied_at = excluded.applied_at
          returning age(held.xmin) into marker;
        perform set_config('search_path', 'public, extensions', true);
        execute declared #>> array['definitions', item, 'sql'];
        perform set_config('search_path', '', true);
        update tenantry.definition_objects set definition = null where definition = item;
        for object in select identity from (
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (managed)
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (managed)
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (managed)) as it where age(written) <= marker loop
          if made ->> object.identity <> item then
            raise exception 'the definition % makes % too', made ->> object.identity, object.identity
              using errcode = 'duplicate_object';
          end if;
          made := made || jsonb_build_object(object.identity, item);
          insert into tenantry.definition_objects as held (identity, definition) values (object.identity, item)
            on conflict (identity) do update set definition = excluded.definition;
        end loop;
        progress := true;
      exception
        when undefined_function or undefined_object or undefined_table or undefined_column then
          get stacked diagnostics problem = message_text, state = returned_sqlstate;
          too_early := too_early || item;
          if first_problem is null then
            first_problem := 'definition ' || item || ': ' || problem;
            first_state := state;
          end if;
        when lock_not_available or deadlock_detected or serialization_failure then
          raise;
        when others then
          get stacked diagnostics problem = message_text, state = returned_sqlstate, more = pg_exception_detail;
          -- A function's result or the names of its arguments changed, or the columns of a view: that takes a new object.
          -- What uses it goes with it, and comes back by its own definition.
          with recursive used (of_catalog, of_oid) as (
            select case when identity like 'view %' then 'pg_class'::regclass else 'pg_proc'::regclass end::oid, it.oid
            from (
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (managed)
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (managed)
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (managed)) as it join tenantry.definition_objects using (identity)
            where definition = item and identity not like 'trigger %'
              and state in ('42P13', '42P16') and not item = any (replaced)
            union
            select case d.classid when 'pg_rewrite'::regclass then 'pg_class'::regclass::oid else d.classid end,
              coalesce((select ev_class from pg_rewrite where d.classid = 'pg_rewrite'::regclass and oid = d.objid), d.objid)
            from used join pg_depend d on d.refclassid = of_catalog and d.refobjid = of_oid and d.deptype in ('n', 'a', 'i')
            where d.classid in ('pg_proc'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_type'::regclass)
          )
          select array_agg(identity), too_early || array_agg(distinct definition)
            into doomed, too_early
            from used join (
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (managed)
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (managed)
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (managed)) as it on it.oid = of_oid
            join tenantry.definition_objects using (identity) where definition is not null;
          if doomed is null then
            raise exception '%', 'definition ' || item || ': ' || problem using errcode = state, detail = more;
          end if;
          replaced := replaced || item;
          progress := true;
          exit;
      end;
    end loop;
    if doomed <> '{}' then
      -- Objects that go were perhaps made a moment ago.
      select coalesce(jsonb_object_agg(key, value), '{}') into made from jsonb_each(made) where not key = any (doomed);
      waiting := array(
        select unnest(too_early) union (select unnest(waiting) except select value from jsonb_each_text(made)) order by 1);
    else
      waiting := too_early;
    end if;
    if not progress and waiting <> '{}' then
      raise exception '%', first_problem using errcode = first_state;
    end if;
    if waiting = '{}' then
      is_last := true;
      update tenantry.definition_objects set definition = null where not declared -> 'definitions' ? definition;
      doomed := array(select identity from tenantry.definition_objects where definition is null order by 1);
    end if;
  end loop;
  delete from tenantry.definition_objects where definition is null and not identity = any (doomed);
  delete from tenantry.objects where definition = 'no longer declared' and not identity = any (doomed);
  delete from tenantry.definitions where not declared -> 'definitions' ? name;

  -- An object that was made again keeps its owner and privileges. A new one is closed until row security opens it.
  for object in
    select identity, before -> identity as earlier, pg_get_userbyid(coalesce(p.proowner, c.relowner)) as owner,
      coalesce(p.pronamespace, c.relnamespace)::regnamespace as schema,
      case when p.oid is not null then 'routine ' || substr(identity, length('function ') + 1)
        else substr(identity, length('view ') + 1) end as subject,
      case when p.oid is not null then 'alter routine ' || substr(identity, length('function ') + 1)
        else 'alter ' || identity end as alter
    from (
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (managed)
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (managed)
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (managed)) as it
    left join pg_proc p on identity like 'function %' and p.oid = it.oid
    left join pg_class c on identity like 'view %' and c.oid = it.oid
    where made ? identity and identity not like 'trigger %' and it.oid is distinct from (before #>> array[identity, 'oid'])::oid
  loop
    execute format('revoke all on %s from %s', object.subject, (
      select string_agg(case name when 'public' then 'public' else quote_ident(name) end, ', ') from (
  select unnest(array['public', 'anon', 'authenticated', 'service_role']) as name
  union
  select pg_get_userbyid(roleid) from pg_auth_members where member = to_regrole('authenticator')) as api));
    for given in select * from jsonb_to_recordset(object.earlier -> 'grants') as it (privilege text, role text) loop
      execute format('grant %s on %s to %I', given.privilege, object.subject, given.role);
    end loop;
    if object.owner <> object.earlier ->> 'owner' then
      -- An owner must be allowed to make things in the schema at the moment it becomes one.
      if has_schema_privilege(object.earlier ->> 'owner', object.schema, 'create') then
        execute format('%s owner to %I', object.alter, object.earlier ->> 'owner');
      else
        execute format('grant create on schema %s to %I', object.schema, object.earlier ->> 'owner');
        execute format('%s owner to %I', object.alter, object.earlier ->> 'owner');
        execute format('revoke create on schema %s from %I', object.schema, object.earlier ->> 'owner');
      end if;
    end if;
  end loop;

  -- Bodies weren't checked while they were made, because they may call each other.
  perform set_config('check_function_bodies', 'on', true);
  for object in
    select p.oid, made ->> identity as definition, l.lanvalidator::regproc as validator,
      (select substr(setting, length('search_path=') + 1) from unnest(p.proconfig) as setting
        where setting like 'search_path=%') as path
    from (
  select 'function ' || p.oid::regprocedure::text as identity, p.oid, p.xmin as written
    from pg_proc p where p.pronamespace = any (managed)
  union all
  select format('view %I.%I', n.nspname, c.relname), c.oid, r.xmin
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
    where c.relkind = 'v' and c.relnamespace = any (managed)
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass), t.oid, t.xmin
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal and p.pronamespace = any (managed)) as it join pg_proc p on p.oid = it.oid join pg_language l on l.oid = p.prolang
    where made ? identity and identity like 'function %' and l.lanvalidator <> 0
  loop
    perform set_config('search_path', coalesce(object.path, 'public, extensions'), true);
    begin
      execute format('select %s(%s)', object.validator, object.oid);
    exception when others then
      get stacked diagnostics problem = message_text, state = returned_sqlstate;
      raise exception '%', 'definition ' || object.definition || ': ' || problem using errcode = state;
    end;
  end loop;
  perform set_config('search_path', '', true);

  -- A schema that is named for the first time brings its objects into the account.
  if is_new or array(select jsonb_array_elements_text(declared -> 'schemas') order by 1)
    <> array(select name from tenantry.schemas order by 1)
  then
    delete from tenantry.schemas;
    insert into tenantry.schemas select jsonb_array_elements_text(declared -> 'schemas');
    delete from tenantry.objects;
    insert into tenantry.objects 
  with managed as (select oid, nspname from pg_namespace where nspname in (select name from tenantry.schemas)),
  relation as (
    select c.oid, c.relkind, c.relpersistence, c.reloptions, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join managed n on n.oid = c.relnamespace
    where not exists (select from pg_depend
    where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
  )
  select 'table ' || name as identity, concat_ws(' ', relpersistence, relkind) as definition
    from relation where relkind in ('r', 'p')
  union all
  select format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
      case when a.attnotnull then 'not null' end,
      case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
      case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
      pg_get_expr(d.adbin, d.adrelid))
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    where r.relkind in ('r', 'p')
  union all
  select format('constraint %I of %s', c.conname, r.name), pg_get_constraintdef(c.oid)
    from relation r join pg_constraint c on c.conrelid = r.oid and c.contype not in ('t', 'n')
  union all
  select 'index ' || name, pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
  union all
  select 'view ' || name, concat_ws(' ', reloptions::text, pg_get_viewdef(oid))
    from relation where relkind in ('v', 'm')
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
      concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal
      and (c.relnamespace in (select oid from managed) or p.pronamespace in (select oid from managed))
  union all
  select 'function ' || p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_proc p join managed n on n.oid = p.pronamespace
    where p.prokind <> 'a' and obj_description(p.oid, 'pg_proc') is distinct from 'Managed by tenantry (row security).'
      and not exists (select from pg_depend
    where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
  union all
  select 'type ' || t.oid::regtype::text,
      coalesce((select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid), '')
    from pg_type t join managed n on n.oid = t.typnamespace
    where t.typtype = 'e' and not exists (select from pg_depend
    where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'e');
  elsif made <> '{}' then
    delete from tenantry.objects where made ? identity;
    insert into tenantry.objects select * from (
  with managed as (select oid, nspname from pg_namespace where nspname in (select name from tenantry.schemas)),
  relation as (
    select c.oid, c.relkind, c.relpersistence, c.reloptions, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join managed n on n.oid = c.relnamespace
    where not exists (select from pg_depend
    where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
  )
  select 'table ' || name as identity, concat_ws(' ', relpersistence, relkind) as definition
    from relation where relkind in ('r', 'p')
  union all
  select format('column %s.%I', r.name, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::regcollation::text end,
      case when a.attnotnull then 'not null' end,
      case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
      case when a.attgenerated <> '' then 'generated' when d.oid is not null then 'default' end,
      pg_get_expr(d.adbin, d.adrelid))
    from relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    where r.relkind in ('r', 'p')
  union all
  select format('constraint %I of %s', c.conname, r.name), pg_get_constraintdef(c.oid)
    from relation r join pg_constraint c on c.conrelid = r.oid and c.contype not in ('t', 'n')
  union all
  select 'index ' || name, pg_get_indexdef(oid) from relation where relkind in ('i', 'I')
  union all
  select 'view ' || name, concat_ws(' ', reloptions::text, pg_get_viewdef(oid))
    from relation where relkind in ('v', 'm')
  union all
  select format('trigger %I of %s', t.tgname, t.tgrelid::regclass),
      concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_proc p on p.oid = t.tgfoid
    where not t.tgisinternal
      and (c.relnamespace in (select oid from managed) or p.pronamespace in (select oid from managed))
  union all
  select 'function ' || p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    from pg_proc p join managed n on n.oid = p.pronamespace
    where p.prokind <> 'a' and obj_description(p.oid, 'pg_proc') is distinct from 'Managed by tenantry (row security).'
      and not exists (select from pg_depend
    where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
  union all
  select 'type ' || t.oid::regtype::text,
      coalesce((select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_enum e where e.enumtypid = t.oid), '')
    from pg_type t join managed n on n.oid = t.typnamespace
    where t.typtype = 'e' and not exists (select from pg_depend
    where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'e')) as today where made ? identity;
  end if;
  update tenantry.objects set definition = 'no longer declared'
    where identity in (select identity from tenantry.definition_objects where definition is null);
end
$tenantry$;
commit;

begin;
set local search_path = '';


create schema if not exists tenantry;
create table if not exists tenantry.access (
  singleton boolean primary key default true check (singleton), declared jsonb not null
);
create table if not exists tenantry.row_security (identity text primary key, digest text not null, statement text not null);
set local tenantry.specification =  E'{"functions":{"private.workspace_id()":{"execute":["authenticated","service_role"]},"private.is_file_path(text)":{"execute":["authenticated","service_role"]},"private.is_title(text)":{"execute":["authenticated","service_role"]},"private.is_key(text)":{"execute":["authenticated","service_role"]},"private.trusted_claims()":{"definition":"create or replace function private.trusted_claims() returns jsonb\\nlanguage sql stable security definer set search_path = ''''\\nas $$\\n  select claims\\n  from (select nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb as claims) token\\n  join private.settings on settings.issuer = claims ->> ''iss''\\n  where coalesce(to_timestamp((claims ->> ''exp'')::double precision) > now() - interval ''30 seconds'', true)\\n$$\\n","owner":"tenantry_policy","execute":[]},"private.access_is_confirmed()":{"definition":"create or replace function private.access_is_confirmed() returns boolean\\nlanguage sql stable security definer set search_path = ''''\\nas $$\\n  select exists (\\n    select from private.settings\\n    where access_lease_seconds is null\\n      or access_confirmed_at > statement_timestamp() - make_interval(secs => access_lease_seconds))\\n$$\\n","owner":"tenantry_policy","execute":[]},"private.my_workspace_ids()":{"definition":"create or replace function private.my_workspace_ids() returns uuid[]\\nlanguage sql stable security definer set search_path = ''''\\nas $$\\n  select coalesce(array_agg(workspace_id), ''{}'')\\n  from public.workspace_members\\n  where user_id = (select (private.trusted_claims() ->> ''sub'')::uuid) and private.access_is_confirmed()\\n$$\\n","owner":"tenantry_policy","execute":["authenticated"]},"private.is_workspace_member(uuid,uuid[])":{"definition":"create or replace function private.is_workspace_member(workspace_id uuid, mine uuid[]) returns boolean\\nlanguage sql immutable\\nreturn workspace_id = any (mine)\\n","execute":["authenticated"]},"private.is_owner_of_object(uuid,uuid,text)":{"definition":"create or replace function private.is_owner_of_object(of_id uuid, of_owner uuid, of_owner_id text) returns boolean\\nlanguage sql stable security definer set search_path = ''''\\nas $$\\n  select exists (\\n    select from storage.objects\\n    where id = of_id and owner is not distinct from of_owner and owner_id is not distinct from of_owner_id\\n  )\\n$$\\n","execute":["authenticated"]},"private.check_request()":{"definition":"create or replace function private.check_request() returns void\\nlanguage plpgsql stable security definer set search_path = ''''\\nas $$\\nbegin\\n  if current_setting(''role'', true) = ''service_role'' then\\n    return;\\n  end if;\\n  if private.trusted_claims() is null then\\n    raise exception ''the token is another issuer''''s, or has expired'' using errcode = ''insufficient_privilege'';\\n  end if;\\n  if not private.access_is_confirmed() then\\n    raise sqlstate ''PT503'' using message = ''the workspace is closed: who may enter has not been confirmed lately'',\\n      hint = ''try again in a minute; its operator finds the reason in the log of tenantry webhook'';\\n  end if;\\nend\\n$$\\n","owner":"tenantry_policy","execute":["anon","authenticated","service_role"]},"public.claim_membership()":{"definition":"create or replace function public.claim_membership() returns uuid\\nlanguage plpgsql stable set search_path = ''''\\nas $$\\ndeclare\\n  mine uuid[] := private.my_workspace_ids();\\nbegin\\n  if cardinality(mine) = 0 then\\n    raise exception ''no membership of this workspace is open to you'' using errcode = ''insufficient_privilege'';\\n  end if;\\n  return mine[1];\\nend\\n$$\\n","execute":["authenticated"]}},"tables":{"private.settings":{"grants":{"tenantry_policy":["select"]},"policies":{"nobody reads":{"for":"select","to":["anon","authenticated"],"using":"false","as":"permissive"}}},"public.workspace_members":{"grants":{"authenticated":["select"],"service_role":["select"],"tenantry_policy":["select"]},"policies":{"members read":{"for":"select","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"}}},"public.files":{"grants":{"authenticated":["select","insert(path)","insert(object_name)","insert(media_type)","insert(bytes)","update(path)","update(object_name)","update(media_type)","update(bytes)","delete"],"service_role":["select","insert","update","delete"]},"policies":{"members read":{"for":"select","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"},"members add as themselves":{"for":"insert","to":["authenticated"],"check":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids())) and created_by = (select auth.uid())","as":"permissive"},"members change":{"for":"update","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","check":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"},"members remove":{"for":"delete","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"}}},"public.chats":{"grants":{"authenticated":["select","insert(title)","update(title)","update(archived)"],"service_role":["select","insert","update","delete"]},"policies":{"members read":{"for":"select","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"},"members open as themselves":{"for":"insert","to":["authenticated"],"check":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids())) and created_by = (select auth.uid())","as":"permissive"},"members change":{"for":"update","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","check":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"}}},"public.messages":{"grants":{"authenticated":["select","insert(chat_id)","insert(content)"],"service_role":["select","insert","update","delete"]},"policies":{"members read":{"for":"select","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"},"members write as themselves":{"for":"insert","to":["authenticated"],"check":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids())) and role = ''user'' and created_by = (select auth.uid())","as":"permissive"}}},"public.agent_sessions":{"grants":{"authenticated":["select"],"service_role":["select","insert","update","delete"]},"policies":{"members read":{"for":"select","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"}}},"public.agent_state":{"grants":{"authenticated":["select"],"service_role":["select","insert","update","delete"]},"policies":{"members read":{"for":"select","to":["authenticated"],"using":"private.is_workspace_member(workspace_id, (select private.my_workspace_ids()))","as":"permissive"}}},"storage.objects":{"policies":{"members read files":{"for":"select","to":["authenticated"],"using":"bucket_id = ''files'' and (select cardinality(private.my_workspace_ids()) > 0)","as":"permissive"},"members add files":{"for":"insert","to":["authenticated"],"check":"bucket_id = ''files'' and (select cardinality(private.my_workspace_ids()) > 0) and coalesce(owner = (select auth.uid()), true) and coalesce(owner_id = (select auth.uid())::text, true)","as":"permissive"},"members change files":{"for":"update","to":["authenticated"],"using":"bucket_id = ''files'' and (select cardinality(private.my_workspace_ids()) > 0)","check":"bucket_id = ''files'' and (select cardinality(private.my_workspace_ids()) > 0) and (owner_id = (select auth.uid())::text and coalesce(owner = (select auth.uid()), true) or private.is_owner_of_object(id, owner, owner_id))","as":"permissive"},"members remove files":{"for":"delete","to":["authenticated"],"using":"bucket_id = ''files'' and (select cardinality(private.my_workspace_ids()) > 0)","as":"permissive"}}}},"formerly":[],"access":{"roles":["anon","authenticated","service_role","tenantry_policy"],"functions":{"private.workspace_id()":["authenticated","service_role"],"private.is_file_path(text)":["authenticated","service_role"],"private.is_title(text)":["authenticated","service_role"],"private.is_key(text)":["authenticated","service_role"],"private.trusted_claims()":[],"private.access_is_confirmed()":[],"private.my_workspace_ids()":["authenticated"],"private.is_workspace_member(uuid,uuid[])":["authenticated"],"private.is_owner_of_object(uuid,uuid,text)":["authenticated"],"private.check_request()":["anon","authenticated","service_role"],"public.claim_membership()":["authenticated"]},"tables":{"private.settings":{"grants":{"tenantry_policy":["select"]},"policies":["nobody reads"]},"public.workspace_members":{"grants":{"authenticated":["select"],"service_role":["select"],"tenantry_policy":["select"]},"policies":["members read"]},"public.files":{"grants":{"authenticated":["select","insert(path)","insert(object_name)","insert(media_type)","insert(bytes)","update(path)","update(object_name)","update(media_type)","update(bytes)","delete"],"service_role":["select","insert","update","delete"]},"policies":["members add as themselves","members change","members read","members remove"]},"public.chats":{"grants":{"authenticated":["select","insert(title)","update(title)","update(archived)"],"service_role":["select","insert","update","delete"]},"policies":["members change","members open as themselves","members read"]},"public.messages":{"grants":{"authenticated":["select","insert(chat_id)","insert(content)"],"service_role":["select","insert","update","delete"]},"policies":["members read","members write as themselves"]},"public.agent_sessions":{"grants":{"authenticated":["select"],"service_role":["select","insert","update","delete"]},"policies":["members read"]},"public.agent_state":{"grants":{"authenticated":["select"],"service_role":["select","insert","update","delete"]},"policies":["members read"]},"storage.objects":{"policies":["members add files","members change files","members read files","members remove files"]}}}}';
set local check_function_bodies = off;
do $tenantry$
declare
  declared jsonb := pg_catalog.current_setting('tenantry.specification')::jsonb;
  -- The managed roles: those of the data API and all that the declaration names. Other roles are left alone.
  managed text[] := array(
    select name from (
  select unnest(array['public', 'anon', 'authenticated', 'service_role']) as name
  union
  select pg_get_userbyid(roleid) from pg_auth_members where member = to_regrole('authenticator')) as api
    union select jsonb_array_elements_text(value -> 'execute') from jsonb_each(declared -> 'functions')
    union select jsonb_object_keys(value -> 'grants') from jsonb_each(declared -> 'tables')
      where value ? 'grants'
    union select jsonb_array_elements_text(declared -> 'formerly'));
  ours oid[] := array(select oid from pg_roles where rolname = current_user
    or rolname in (select value ->> 'owner' from jsonb_each(declared -> 'functions')));
  schemas oid[];
  waiting text[];
  left_over text[];
  replaced oid[];
  progress boolean;
  changed oid[] := '{}';
  entry record;
  given record;
  item text;
  stale text[] := '{}';
  target oid;
  relation record;
  problem text;
  state text;
begin
  -- Functions that refer to each other must be created in order of their dependencies. Those that fail are retried later.
  waiting := array(select key from jsonb_each(declared -> 'functions') as it (key, value)
    where value ? 'definition' and (
      value ->> 'recorded' is null or to_regprocedure(key) is null
      or value ->> 'recorded' is distinct from
        (select md5(pg_get_functiondef(p.oid)) from pg_proc p where p.oid = to_regprocedure(key)))
    order by key collate "C");
  while cardinality(waiting) > 0 loop
    left_over := '{}';
    progress := false;
    foreach item in array waiting loop
      begin
        perform set_config('search_path', 'public, extensions', true);
        begin
          execute declared #>> array['functions', item, 'definition'];
        exception when invalid_function_definition then
          -- A change of argument names or of the result type requires dropping the function. Managed functions and
          -- policies that use it are dropped and created again.
          perform set_config('search_path', '', true);
          with recursive users as (
            select to_regprocedure(item)::oid as oid
            union select d.objid from users join pg_depend d
              on d.refclassid = 'pg_proc'::regclass and d.refobjid = users.oid and d.classid = 'pg_proc'::regclass
            where obj_description(d.objid, 'pg_proc') = 'Managed by tenantry (row security).'
          ) select array_agg(oid) into replaced from users;
          for entry in
            select pol.polname, pol.polrelid::regclass as of_table from pg_policy pol
            where exists (select from pg_depend d where d.classid = 'pg_policy'::regclass and d.objid = pol.oid
              and d.refclassid = 'pg_proc'::regclass and d.refobjid = any (replaced))
          loop
            execute format('drop policy %I on %s', entry.polname, entry.of_table);
          end loop;
          left_over := left_over || array(select oid::regprocedure::text from unnest(replaced) as oid
            where oid::regprocedure::text <> item and declared -> 'functions' -> oid::regprocedure::text ? 'definition');
          execute 'drop function ' || (select string_agg(oid::regprocedure::text, ', ') from unnest(replaced) as oid);
          perform set_config('search_path', 'public, extensions', true);
          execute declared #>> array['functions', item, 'definition'];
        end;
        perform set_config('search_path', '', true);
        if to_regprocedure(item) is null then raise exception '%', item using errcode = 'TN021'; end if;
        execute format('comment on function %s is %L', item, 'Managed by tenantry (row security).');
        changed := changed || to_regprocedure(item)::oid;
        progress := true;
      exception when undefined_function or undefined_table or undefined_column then
        get stacked diagnostics problem = message_text, state = returned_sqlstate;
        left_over := left_over || item;
      when others then
        get stacked diagnostics problem = message_text, state = returned_sqlstate;
        raise exception '%', case when state like 'TN%' then problem else item || ': ' || problem end
          using errcode = state;
      end;
    end loop;
    perform set_config('search_path', '', true);
    if not progress then
      raise exception '%', left_over[1] || ': ' || problem using errcode = state;
    end if;
    waiting := left_over;
  end loop;

  for entry in select key as name, value from jsonb_each(declared -> 'functions') loop
    target := to_regprocedure(entry.name);
    if target is null or target::regprocedure::text <> entry.name then
      raise exception '%', entry.name using errcode = 'TN022';
    end if;
    select p.proowner, pg_get_userbyid(p.proowner) as owner, p.pronamespace::regnamespace as schema,
        coalesce(entry.value ->> 'owner', current_user) as new_owner
      into relation from pg_proc p where p.oid = target;
    if relation.owner <> relation.new_owner then
      -- PostgreSQL requires that the new owner has CREATE on the schema.
      if has_schema_privilege(relation.new_owner, relation.schema, 'create') then
        execute format('alter function %s owner to %I', entry.name, relation.new_owner);
      else
        execute format('grant create on schema %s to %I', relation.schema, relation.new_owner);
        execute format('alter function %s owner to %I', entry.name, relation.new_owner);
        execute format('revoke create on schema %s from %I', relation.schema, relation.new_owner);
      end if;
    end if;
    for given in
      select case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
      from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
      where p.oid = target and acl.grantee <> p.proowner
    loop
      if given.role = any (managed) and not entry.value -> 'execute' ? given.role then
        execute format('revoke all on function %s from %s', entry.name,
          case given.role when 'public' then 'public' else quote_ident(given.role) end);
      end if;
    end loop;
    for given in
      select role from jsonb_array_elements_text(entry.value -> 'execute') as role
      where not exists (
        select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
        where p.oid = target and case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end = role)
    loop
      execute format('grant execute on function %s to %s', entry.name,
        case given.role when 'public' then 'public' else quote_ident(given.role) end);
    end loop;
  end loop;

  for entry in select key as name, value from jsonb_each(declared -> 'tables') loop
    select c.oid, c.relkind, c.relrowsecurity, c.relowner = any (ours) as own into relation
      from pg_class c where c.oid = to_regclass(entry.name);
    if not found then raise exception '%', entry.name using errcode = 'TN023'; end if;
    target := relation.oid;

    if relation.relkind in ('r', 'p') then
      if not relation.relrowsecurity then
        execute format('alter table %s enable row level security', entry.name);
      end if;
      for given in
        select pol.polname as name from pg_policy pol
        where pol.polrelid = target and not entry.value -> 'policies' ? pol.polname
      loop
        execute format('drop policy %I on %s', given.name, entry.name);
      end loop;
      for given in
        select key as name, value, pol.oid is not null as existing
        from jsonb_each(entry.value -> 'policies')
        left join pg_policy pol on pol.polrelid = target and pol.polname = key
        where value ->> 'recorded' is null or pol.oid is null or value ->> 'recorded' <> md5(jsonb_build_object(
    'as', case when pol.polpermissive then 'permissive' else 'restrictive' end,
    'for', case pol.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
      when 'd' then 'delete' else 'all' end,
    'to', (select jsonb_agg(case role when 0 then 'public' else pg_get_userbyid(role) end order by case role when 0 then 'public' else pg_get_userbyid(role) end) from unnest(pol.polroles) as role),
    'using', pg_get_expr(pol.polqual, pol.polrelid),
    'check', pg_get_expr(pol.polwithcheck, pol.polrelid))::text)
      loop
        if given.existing then execute format('drop policy %I on %s', given.name, entry.name); end if;
        perform set_config('search_path', 'public, extensions', true);
        begin
          execute format('create policy %I on %s as %s for %s to %s', given.name, entry.name, given.value ->> 'as', given.value ->> 'for',
            (select string_agg(case role when 'public' then 'public' else quote_ident(role) end, ', ')
              from jsonb_array_elements_text(given.value -> 'to') as role))
            || coalesce(' using (' || (given.value ->> 'using') || ')', '')
            || coalesce(' with check (' || (given.value ->> 'check') || ')', '');
        exception when others then
          get stacked diagnostics problem = message_text, state = returned_sqlstate;
          raise exception '%', format('policy %s on %s: %s', given.name, entry.name, problem) using errcode = state;
        end;
        perform set_config('search_path', '', true);
      end loop;
    end if;

    if relation.own and entry.value ? 'grants' then
      for given in
        select case grantee when 0 then 'public' else pg_get_userbyid(grantee) end as role, privilege
        from pg_class c, lateral (
    select acl.grantee, lower(acl.privilege_type) as privilege
      from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as acl
    union
    select acl.grantee, format('%s(%I)', lower(acl.privilege_type), a.attname)
      from pg_attribute a, aclexplode(a.attacl) as acl where a.attrelid = c.oid and not a.attisdropped) as granted
        where c.oid = target and grantee <> c.relowner order by privilege
      loop
        if given.role = any (managed) and not coalesce(entry.value -> 'grants' -> given.role ? given.privilege, false) then
          execute format('revoke %s on %s from %s', given.privilege, entry.name,
            case given.role when 'public' then 'public' else quote_ident(given.role) end);
        end if;
      end loop;
      for given in
        select of_role.key as role, privilege
        from jsonb_each(entry.value -> 'grants') as of_role, jsonb_array_elements_text(of_role.value) as privilege
        where not exists (
          select from pg_class c, lateral (
    select acl.grantee, lower(acl.privilege_type) as privilege
      from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as acl
    union
    select acl.grantee, format('%s(%I)', lower(acl.privilege_type), a.attname)
      from pg_attribute a, aclexplode(a.attacl) as acl where a.attrelid = c.oid and not a.attisdropped) as granted
          where c.oid = target and granted.privilege = privilege.value
            and case granted.grantee when 0 then 'public' else pg_get_userbyid(granted.grantee) end = of_role.key)
      loop
        execute format('grant %s on %s to %s', given.privilege, entry.name,
          case given.role when 'public' then 'public' else quote_ident(given.role) end);
      end loop;
    end if;
  end loop;

  -- Close undeclared objects in the schemas of declared ones.
  left_over := '{}';
  schemas := array(
    select p.pronamespace from jsonb_object_keys(declared -> 'functions') as name
      join pg_proc p on p.oid = to_regprocedure(name)
    union select c.relnamespace from jsonb_object_keys(declared -> 'tables') as name
      join pg_class c on c.oid = to_regclass(name));
  for relation in
    select c.oid::regclass::text as name, c.relkind, c.relrowsecurity,
      array(select distinct role from (
        select case grantee when 0 then 'public' else pg_get_userbyid(grantee) end as role
        from (
    select acl.grantee, lower(acl.privilege_type) as privilege
      from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) as acl
    union
    select acl.grantee, format('%s(%I)', lower(acl.privilege_type), a.attname)
      from pg_attribute a, aclexplode(a.attacl) as acl where a.attrelid = c.oid and not a.attisdropped) as granted where grantee <> c.relowner) as others
        where role = any (managed)) as roles
    from pg_class c
    where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace = any (schemas) and c.relowner = any (ours)
      and not exists (select from pg_depend
    where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
      and not exists (select from jsonb_object_keys(declared -> 'tables') as name where to_regclass(name) = c.oid)
  loop
    if relation.relkind in ('r', 'p') and not relation.relrowsecurity then
      execute format('alter table %s enable row level security', relation.name);
    end if;
    foreach item in array relation.roles loop
      execute format('revoke all on %s from %s', relation.name,
        case item when 'public' then 'public' else quote_ident(item) end);
    end loop;
  end loop;
  for relation in
    select p.oid::regprocedure::text as name, p.prokind,
      obj_description(p.oid, 'pg_proc') is not distinct from 'Managed by tenantry (row security).' as branded,
      array(select case grantee when 0 then 'public' else pg_get_userbyid(grantee) end
        from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) where grantee <> p.proowner
        intersect select unnest(managed)) as roles
    from pg_proc p
    where p.pronamespace = any (schemas) and p.proowner = any (ours) and not exists (select from pg_depend
    where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
      and not exists (select from jsonb_object_keys(declared -> 'functions') as name where to_regprocedure(name) = p.oid)
  loop
    if relation.branded then
      stale := stale || relation.name;
      continue;
    end if;
    foreach item in array relation.roles loop
      execute format('revoke all on routine %s from %s', relation.name,
        case item when 'public' then 'public' else quote_ident(item) end);
    end loop;
  end loop;
  -- A foreign view or policy may use a function that is no longer declared. Such a function stays, without privileges.
  foreach item in array stale loop
    begin
      execute 'drop function ' || item;
    exception when dependent_objects_still_exist then
      left_over := left_over || item;
    end;
  end loop;
  if cardinality(left_over) > 0 then
    begin
      -- They may depend only on each other.
      execute 'drop function ' || array_to_string(left_over, ', ');
    exception when dependent_objects_still_exist then
      foreach item in array left_over loop
        for given in
          select distinct case acl.grantee when 0 then 'public' else pg_get_userbyid(acl.grantee) end as role
          from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as acl
          where p.oid = to_regprocedure(item) and acl.grantee <> p.proowner
        loop
          execute format('revoke all on function %s from %s', item,
            case given.role when 'public' then 'public' else quote_ident(given.role) end);
        end loop;
      end loop;
    end;
  end if;

  -- Check the bodies now: creation skipped this, because functions may refer to each other.
  perform set_config('check_function_bodies', 'on', true);
  for entry in
    select p.oid, p.oid::regprocedure::text as name, l.lanvalidator::regproc as validator,
      (select substr(setting, length('search_path=') + 1) from unnest(p.proconfig) as setting
        where setting like 'search_path=%') as path
    from pg_proc p join pg_language l on l.oid = p.prolang
    where p.oid = any (changed) and l.lanvalidator <> 0
  loop
    perform set_config('search_path', coalesce(entry.path, 'public, extensions'), true);
    begin
      execute format('select %s(%s)', entry.validator, entry.oid);
    exception when others then
      get stacked diagnostics problem = message_text, state = returned_sqlstate;
      raise exception '%', entry.name || ': ' || problem using errcode = state;
    end;
  end loop;
  perform set_config('search_path', '', true);

  -- Record the declaration for postgres:Guard and verify, which don't have it.
  insert into tenantry.access as held (declared) values (declared -> 'access')
    on conflict (singleton) do update set declared = held.declared || excluded.declared
    where held.declared <> held.declared || excluded.declared;
  with made as (
    select 'function ' || it.key as identity, md5(pg_get_functiondef(p.oid)) as digest, it.value ->> 'definition' as statement
      from jsonb_each(declared -> 'functions') as it join pg_proc p on p.oid = to_regprocedure(it.key)
      where it.value ? 'definition'
    union all
    select format('policy %s on %s', of_policy.key, of_table.key), md5(jsonb_build_object(
    'as', case when pol.polpermissive then 'permissive' else 'restrictive' end,
    'for', case pol.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
      when 'd' then 'delete' else 'all' end,
    'to', (select jsonb_agg(case role when 0 then 'public' else pg_get_userbyid(role) end order by case role when 0 then 'public' else pg_get_userbyid(role) end) from unnest(pol.polroles) as role),
    'using', pg_get_expr(pol.polqual, pol.polrelid),
    'check', pg_get_expr(pol.polwithcheck, pol.polrelid))::text),
        format('drop policy if exists %I on %s; ', of_policy.key, of_table.key)
          || format('create policy %I on %s as %s for %s to %s', of_policy.key, of_table.key, of_policy.value ->> 'as', of_policy.value ->> 'for',
            (select string_agg(case role when 'public' then 'public' else quote_ident(role) end, ', ')
              from jsonb_array_elements_text(of_policy.value -> 'to') as role))
            || coalesce(' using (' || (of_policy.value ->> 'using') || ')', '')
            || coalesce(' with check (' || (of_policy.value ->> 'check') || ')', '')
      from jsonb_each(declared -> 'tables') as of_table, jsonb_each(of_table.value -> 'policies') as of_policy, pg_policy pol
      where pol.polrelid = to_regclass(of_table.key) and pol.polname = of_policy.key
  ), gone as (
    delete from tenantry.row_security where identity not in (select identity from made)
  )
  insert into tenantry.row_security as held (identity, digest, statement) select * from made
    on conflict (identity) do update set (digest, statement) = (excluded.digest, excluded.statement)
    where (held.digest, held.statement) <> (excluded.digest, excluded.statement);
end
$tenantry$;
commit;
