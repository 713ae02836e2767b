-- Refuses if the plan in force has no per-workspace access.
create or replace function private.check_per_workspace_access(of_organization_id uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  if not (select per_workspace_access from public.quotas where organization_id = of_organization_id) then
    raise sqlstate 'PT402' using message = 'the plan in force has no per-workspace access',
      hint = 'choose a plan that has it, or pay for the one that was chosen';
  end if;
end
$$;
