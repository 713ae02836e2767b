-- Refuses to use an organization or a workspace that isn't active, and states its state.
create or replace function private.refuse_inactive(thing text, state text) returns void
language plpgsql set search_path = ''
as $$
begin
  if state <> 'active' then
    raise sqlstate 'PT409' using message = format('the %s is %s', thing, state),
      hint = case state
        when 'requested' then 'try again when its project has been created'
        when 'deleted' then 'it can''t become active again'
        else 'ask the operator of the platform to make it active again'
      end;
  end if;
end
$$;
