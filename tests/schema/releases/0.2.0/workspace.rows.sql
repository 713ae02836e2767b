-- Rows in every table of a workspace.

insert into private.settings (workspace_id, issuer, access_version, access_confirmed_at, access_lease_seconds) values
  ('cccccccc-0000-4000-8000-000000000000', 'https://control-plane.example/auth/v1', 7, '2026-06-01T00:00:00+00:00', 60);

insert into public.workspace_members (email, role, user_id, managed_by, created_at) values
  ('ada@example.com', 'owner', 'aaaaaaaa-0000-4000-8000-000000000000', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('alan@example.com', 'member', null, 'app', '2026-06-01T00:00:00+00:00');

insert into public.files (path, object_name, media_type, bytes, created_by) values
  ('reports/2026.csv', 'aaaaaaaa/2026.csv', 'text/csv', 12, 'aaaaaaaa-0000-4000-8000-000000000000'),
  ('notes.txt', null, 'text/plain', 0, null);

insert into public.chats (id, title, archived, created_by) values
  ('11111111-0000-4000-8000-000000000000', 'A question', false, 'aaaaaaaa-0000-4000-8000-000000000000'),
  ('11111111-0000-4000-8000-000000000001', '', true, null);

insert into public.messages (chat_id, role, content, created_by) values
  ('11111111-0000-4000-8000-000000000000', 'user', '{"text": "How are you?"}', 'aaaaaaaa-0000-4000-8000-000000000000'),
  ('11111111-0000-4000-8000-000000000000', 'assistant', '{"text": "Well, thank you."}', null);

insert into public.agent_sessions (chat_id, status, ended_at) values
  ('11111111-0000-4000-8000-000000000000', 'running', null),
  (null, 'done', now());

insert into public.agent_state (agent, key, value) values
  ('assistant', 'memory', '["a", 1, null]');
