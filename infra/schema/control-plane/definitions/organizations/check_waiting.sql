-- Refuses a fourth new organization of one person that waits to be set up. Organizations that the person founded count even if
-- somebody else owns them now, and so do those that the person owns but somebody else founded.
create or replace function private.check_waiting(of_user_id uuid, of_email text, beside uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  waiting_at_most constant integer := 3;
begin
  -- Two calls at once wait for each other, and the second counts the first's organization.
  perform pg_advisory_xact_lock(hashtextextended('organizations of ' || of_user_id, 0));
  if (select count(*) from public.organizations
      where managed_by = 'app' and id is distinct from beside and id in (
        select organization_id from public.members where email = of_email and role = 'owner'
        union all
        select organization_id from private.foundings where user_id = of_user_id
        union all
        select organization_id from private.foundings where email = of_email)) >= waiting_at_most then
    raise sqlstate 'PT402' using message = format('%s new organizations wait to be set up already', waiting_at_most);
  end if;
end
$$;
