-- Rows that are kept forever.
create or replace function private.refuse_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception '% of %.% is refused: its rows are kept for ever', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create or replace trigger kept_for_ever before delete on public.trials
  for each row execute function private.refuse_change();
create or replace trigger kept_for_ever_at_once before truncate on public.trials
  for each statement execute function private.refuse_change();
create or replace trigger append_only before update or delete on public.wallet_entries
  for each row execute function private.refuse_change();
create or replace trigger append_only_at_once before truncate on public.wallet_entries
  for each statement execute function private.refuse_change();
create or replace trigger append_only before update or delete on private.wallet_allocations
  for each row execute function private.refuse_change();
create or replace trigger append_only_at_once before truncate on private.wallet_allocations
  for each statement execute function private.refuse_change();
