-- People whom the product lets in and removes between two runs of `up`: its own servers say so here, once the control plane
-- has (accept_invitation, claim, remove_member). What the manifest declares stays the manifest's.

create function private.admit_member(of_email text, with_role text) returns void
language sql security definer set search_path = ''
as $$
  insert into public.workspace_members as held (email, role, managed_by) values (lower(of_email), with_role, 'app')
    on conflict (workspace_id, email) do update set role = excluded.role where held.managed_by = 'app'
$$;

-- Every policy asks these rows: whoever is out is out with the next statement.
create function private.shut_out_member(of_email text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.workspace_members where email = lower(of_email) and managed_by = 'manifest') then
    raise sqlstate 'PT409' using message = 'this is managed by the manifest';
  end if;
  delete from public.workspace_members where email = lower(of_email);
end
$$;

create function public.admit_member(email text, role text) returns void
language sql set search_path = ''
as $$ select private.admit_member(email, role) $$;

create function public.shut_out_member(email text) returns void
language sql set search_path = ''
as $$ select private.shut_out_member(email) $$;

revoke execute on all functions in schema public from public, anon, authenticated, service_role;
revoke execute on all functions in schema private from public, anon, authenticated;
