-- Refuses a text that is no display name.
create or replace function private.check_display_name(name text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if private.is_display_name(name) is not true then
    raise sqlstate 'PT400' using message = 'this is no name to show', hint = private.expected_text('display_name');
  end if;
end
$$;
