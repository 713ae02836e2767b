-- Founds another organization of the caller, separate from the others.
create or replace function private.create_organization(shown_as text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  owner_email text := private.caller_email();
  founded uuid;
begin
  if owner_email is null then
    raise sqlstate 'PT403' using message = 'this takes a verified e-mail address';
  end if;
  perform private.check_display_name(shown_as);
  perform private.check_waiting(private.caller_id(), owner_email, null);
  founded := private.found_organization(owner_email, shown_as, gen_random_uuid()::text);
  if founded is null then
    raise sqlstate 'PT503' using message = 'the platform is not set up yet';
  end if;
  return founded;
end
$$;

create or replace function public.create_organization(display_name text) returns uuid
language sql set search_path = ''
as $$ select private.create_organization(display_name) $$;
