-- Records that the DNS record was found. Returns false for a domain that another app has proven, as for a missing record.
create or replace function private.verify_domain(of_workspace_id uuid, of_app text, of_domain text, at timestamptz default now())
returns boolean
language plpgsql set search_path = ''
as $$
begin
  update public.apps set domain_verified_at = coalesce(domain_verified_at, at), domain_check_requested_at = null
    where workspace_id = of_workspace_id and name = of_app and domain = of_domain;
  return found;
exception when unique_violation then
  return false;
end
$$;
