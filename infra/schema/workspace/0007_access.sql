-- Who may enter is the control plane's to say: tenantry writes its answer here as a whole, and nothing else does.

drop function public.admit_member(text, text);
drop function public.shut_out_member(text);
drop function private.admit_member(text, text);
drop function private.shut_out_member(text);

alter table private.settings
  -- Of the answer that was written last. A lower one is older, and changes nothing.
  add column access_version bigint not null default 0,
  -- When the control plane last confirmed who may enter.
  add column access_confirmed_at timestamptz,
  -- How long that counts. When it is over, nobody enters until somebody confirms again. Null: no process confirms it all the time.
  add column access_lease_seconds integer check (access_lease_seconds > 0);
