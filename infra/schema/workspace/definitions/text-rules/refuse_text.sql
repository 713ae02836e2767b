-- Refuses a new text. The condition of each trigger is the rule of its column. Rows of an archive were valid when they were
-- written, so restoring checks nothing.
create or replace function private.refuse_text() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if current_setting('tenantry.restoring', true) = 'on' or tg_op = 'UPDATE'
      and to_jsonb(new) -> tg_argv[0] is not distinct from to_jsonb(old) -> tg_argv[0] then
    return new;
  end if;
  raise sqlstate 'PT400' using message = format('`%s` isn''t what it should be', tg_argv[0]),
    hint = 'expected ' || case tg_argv[1]
      when 'file_path' then 'a path as reports/2026.csv, up to 1,024 characters, without . and .. and without control, direction or invisible characters'
      when 'title' then 'one line of text or none, up to 200 characters, without control, direction or invisible characters'
      when 'key' then 'a key of 1 to 255 characters, without control, direction or invisible characters'
      else tg_argv[1]
    end;
end
$$;

create or replace trigger text_of_path before insert or update of path on public.files
  for each row when (private.is_file_path(new.path) is not true)
  execute function private.refuse_text('path', 'file_path');
create or replace trigger text_of_object_name before insert or update of object_name on public.files
  for each row when (private.is_file_path(new.object_name) is false)
  execute function private.refuse_text('object_name', 'file_path');
create or replace trigger text_of_media_type before insert or update of media_type on public.files
  for each row when (private.is_key(new.media_type) is not true)
  execute function private.refuse_text('media_type', 'key');
create or replace trigger text_of_title before insert or update of title on public.chats
  for each row when (private.is_title(new.title) is not true)
  execute function private.refuse_text('title', 'title');
create or replace trigger text_of_content before insert or update of content on public.messages
  for each row when (octet_length(new.content::text) > 1048576)
  execute function private.refuse_text('content', 'JSON of up to 1 MiB');
create or replace trigger text_of_agent before insert or update of agent on public.agent_state
  for each row when (private.is_key(new.agent) is not true)
  execute function private.refuse_text('agent', 'key');
create or replace trigger text_of_key before insert or update of key on public.agent_state
  for each row when (private.is_key(new.key) is not true)
  execute function private.refuse_text('key', 'key');
create or replace trigger text_of_value before insert or update of value on public.agent_state
  for each row when (octet_length(new.value::text) > 1048576)
  execute function private.refuse_text('value', 'JSON of up to 1 MiB');
