-- Who calls, and what they may do: what every function for people asks first. Each function comes twice: in `private` with
-- the owner's rights, and in `public`, where the data API finds it, with none.
--
-- What somebody may not know of doesn't exist for them: the answer for another's organization is the one for none. The
-- SQLSTATEs are PostgREST's: `PT404` becomes the status 404. https://docs.postgrest.org/en/stable/references/errors.html

-- The same id as src/shared/ids.ts gives, so that what the product made has the id that its manifest will have.
create function private.stable_id(path text, generation integer default 1) returns uuid
language sql immutable strict set search_path = ''
as $$
  select encode(set_byte(set_byte(substring(hash for 16), 6, (get_byte(hash, 6) & 15) | 80), 8,
    (get_byte(hash, 8) & 63) | 128), 'hex')::uuid
  from (select extensions.digest(
    '\x5f0f4c1e6f0b5c539f3a1d7f6a3c1e2b'::bytea || convert_to(path || '#' || generation, 'UTF8'), 'sha1') as hash) named
$$;

-- Whose tokens count: the platform's own auth service.
alter table public.platforms add column issuer text;

-- The token's user. Nobody's where it names another issuer, whom somebody may have let the project trust, and once it has
-- expired, since a connection may outlive its token. (Its signature is proven before it gets here.)
create function private.caller_id() returns uuid
language sql stable security definer set search_path = ''
as $$
  select (claims ->> 'sub')::uuid
  from (select nullif(current_setting('request.jwt.claims', true), '')::jsonb as claims) token
  where coalesce(to_timestamp((claims ->> 'exp')::double precision) > now() - interval '30 seconds', true)
    and not exists (select from public.platforms where issuer <> claims ->> 'iss')
$$;

-- The address that the platform verified, whatever the token says of one.
create function private.caller_email() returns text
language sql stable set search_path = ''
as $$
  select lower(email) from auth.users
  where id = private.caller_id() and email_confirmed_at is not null and not is_sso_user and deleted_at is null
$$;

-- Asked with the organization's row locked: what the role and the limits allow then holds until the transaction ends.
create function private.act_in_organization(of_organization_id uuid, allowed text[]) returns text
language plpgsql set search_path = ''
as $$
declare
  caller_role text;
begin
  perform from public.organizations join public.members on members.organization_id = organizations.id
    where organizations.id = of_organization_id and members.user_id = private.caller_id()
    for no key update of organizations;
  if found then
    select role into caller_role from public.members
      where organization_id = of_organization_id and user_id = private.caller_id();
  end if;
  if caller_role is null then
    raise sqlstate 'PT404' using message = 'there is no such organization';
  end if;
  if caller_role <> all (allowed) then
    raise sqlstate 'PT403' using message = format('this is not for a %s to do', caller_role),
      hint = format('ask somebody who is %s', array_to_string(allowed, ' or '));
  end if;
  return caller_role;
end
$$;

-- For owners and admins. Other members learn that it isn't for them only of a workspace that they reach.
create function private.act_in_workspace(of_workspace_id uuid) returns public.workspaces
language plpgsql set search_path = ''
as $$
declare
  workspace public.workspaces;
begin
  select workspaces.* into workspace from public.workspaces join public.members using (organization_id)
    where workspaces.id = of_workspace_id and workspaces.state <> 'deleted' and members.user_id = private.caller_id()
      and (members.role in ('owner', 'admin') or workspaces.state = 'active' and exists (
        select from public.workspace_members granted
        where granted.workspace_id = workspaces.id and granted.email = members.email));
  if not found then
    raise sqlstate 'PT404' using message = 'there is no such workspace';
  end if;
  perform private.act_in_organization(workspace.organization_id, '{owner,admin}');
  -- Again, now that nobody else changes it.
  select * into workspace from public.workspaces where id = of_workspace_id;
  return workspace;
end
$$;

-- As before, and where something is to be added: a workspace that is suspended or archived takes in nothing new.
create function private.add_to_workspace(of_workspace_id uuid) returns public.workspaces
language plpgsql set search_path = ''
as $$
declare
  workspace public.workspaces := private.act_in_workspace(of_workspace_id);
begin
  if workspace.state not in ('requested', 'active') then
    raise sqlstate 'PT409' using message = format('the workspace is %s', workspace.state);
  end if;
  return workspace;
end
$$;

-- What a manifest declares is changed there, by everyone and without exception: the next `up` would take it back anyway.
create function private.refuse_of_manifest(managed_by text, of_organization_id uuid, field text) returns void
language plpgsql set search_path = ''
as $$
begin
  if managed_by = 'manifest' then
    raise sqlstate 'PT409' using message = 'this is managed by the manifest',
      hint = (select format('change `%s` in stacks/%s/orgs/%s.yaml', field, platforms.name, organizations.name)
        from public.organizations join public.platforms on platforms.id = platform_id
        where organizations.id = of_organization_id);
  end if;
end
$$;

create function private.check_slug(slug text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if slug is null or slug !~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' or length(slug) > 40 then
    raise sqlstate 'PT400' using message = format('%s is no name', coalesce(quote_literal(slug), 'nothing')),
      hint = 'up to 40 lower-case letters, digits and single hyphens, beginning with a letter';
  end if;
end
$$;

create function private.check_display_name(name text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if name is null or name !~ '\S' or name ~ '[[:cntrl:]]' or length(name) > 100 then
    raise sqlstate 'PT400' using message = 'this is no name to show', hint = 'one line of text, up to 100 characters';
  end if;
end
$$;

revoke execute on all functions in schema private from public, anon, authenticated;
