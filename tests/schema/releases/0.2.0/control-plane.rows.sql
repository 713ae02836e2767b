-- Rows in every table of the control plane.

insert into auth.users (id, email, email_confirmed_at, is_sso_user, is_anonymous, deleted_at) values
  ('aaaaaaaa-0000-4000-8000-000000000000', 'person-0@example.com', '2026-01-01', false, false, null),
  ('aaaaaaaa-0000-4000-8000-000000000001', 'person-1@example.com', '2026-01-01', false, false, null);

insert into public.platforms (id, name, display_name, currency, default_plan, trial_credits, issuer, managed_by, created_at) values
  ('dddddddd-0000-4000-8000-000000000000', 'acme', 'A', 'usd', 'free', '{}', 'https://control-plane.example/auth/v1', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.plans (name, platform_id, display_name, credits, per_workspace_access, managed_by, created_at) values
  ('free', 'dddddddd-0000-4000-8000-000000000000', 'Free', '{}', true, 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.wallet_types (name, platform_id, credit_amount, managed_by, created_at) values
  ('data', 'dddddddd-0000-4000-8000-000000000000', 1, 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.organizations (id, platform_id, name, generation, display_name, plan, billing_email, managed_by, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'dddddddd-0000-4000-8000-000000000000', 'org-0', 1, 'O', 'free', 'billing@example.com', 'manifest', '2026-06-01T00:00:00+00:00');

insert into private.foundings (organization_id, email, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'founder@example.com', '2026-06-01T00:00:00+00:00');

insert into private.invitation_days (organization_id, day, sent, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', '2026-11-22', 1, '2026-06-01T00:00:00+00:00');

insert into public.quotas (organization_id, per_workspace_access, managed_by, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', true, 'manifest', '2026-06-01T00:00:00+00:00');

insert into private.stripe_events (id, type, created_at) values
  ('evt_1', 'customer.updated', '2026-06-01T00:00:00+00:00');

insert into public.quota_usage (organization_id, quota, since, used, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'rpm', '2026-06-01T00:00:00+00:00', 1, '2026-06-01T00:00:00+00:00');

insert into public.members (organization_id, email, role, managed_by, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'person-0@example.com', 'owner', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('bbbbbbbb-0000-4000-8000-000000000000', 'person-1@example.com', 'member', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.invitations (organization_id, email, role, workspaces, expires_on, managed_by, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'new@example.com', 'member', '{}', '2027-01-01', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.trials (platform_id, organization_name, organization_id, plan, started_at, ends_at, managed_by, created_at) values
  ('dddddddd-0000-4000-8000-000000000000', 'org-0', 'bbbbbbbb-0000-4000-8000-000000000000', 'free', '2026-01-01', '2026-02-01', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.wallets (organization_id, name, balance, reload_enabled, managed_by, created_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'data', 0, false, 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.workspaces (id, organization_id, name, generation, display_name, state, managed_by, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000', 'ws-0', 1, 'W', 'active', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000000', 'ws-1', 1, 'W', 'suspended', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.workspace_members (workspace_id, organization_id, email, managed_by, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000', 'person-1@example.com', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.connections (workspace_id, name, kind, managed_by, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', 'warehouse', 'bigquery', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', 'warehouse', 'bigquery', 'manifest', '2026-06-01T00:00:00+00:00');

insert into private.connection_credentials (workspace_id, name, reference, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', 'warehouse', 'vault/warehouse', '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', 'warehouse', 'vault/warehouse', '2026-06-01T00:00:00+00:00');

insert into public.apps (workspace_id, name, domain, managed_by, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', 'store', 'store.example', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', 'store', 'store.example', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.cron_jobs (workspace_id, name, schedule, task, managed_by, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', 'nightly', '0 3 * * *', 't', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', 'nightly', '0 3 * * *', 't', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.api_keys (id, workspace_id, name, rotation, prefix, managed_by, created_at) values
  ('11111111-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000000', 'ci', '', 'k', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('11111111-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001', 'ci', '', 'k', 'manifest', '2026-06-01T00:00:00+00:00');

insert into private.api_key_hashes (api_key_id, sha256) values
  ('11111111-0000-4000-8000-000000000000', '\x0000000000000000000000000000000000000000000000000000000000000000'),
  ('11111111-0000-4000-8000-000000000001', '\x0000000000000000000000000000000000000000000000000000000000000001');

insert into public.claim_tokens (id, organization_id, workspace_id, name, role, expires_at, managed_by, created_at) values
  ('eeeeeeee-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000000', 'door', 'member', '2027-01-01', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('eeeeeeee-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000001', 'door', 'member', '2027-01-01', 'manifest', '2026-06-01T00:00:00+00:00');

insert into private.claim_token_hashes (claim_token_id, sha256) values
  ('eeeeeeee-0000-4000-8000-000000000000', '\x0000000000000000000000000000000000000000000000000000000000000000'),
  ('eeeeeeee-0000-4000-8000-000000000001', '\x0000000000000000000000000000000000000000000000000000000000000001');

insert into private.declared_workspaces (organization_id, workspace_id, domain_apps, managed_by) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000000', '{store}', 'manifest'),
  ('bbbbbbbb-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000001', '{store}', 'manifest');

insert into private.access_changes (workspace_id, transaction, closes, created_at) values
  ('cccccccc-0000-4000-8000-000000000000', '1', true, '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', '1', true, '2026-06-01T00:00:00+00:00');

insert into private.access_deliveries (workspace_id, version, delivered_version, failures, next_attempt_at) values
  ('cccccccc-0000-4000-8000-000000000000', 1, 1, 0, '2026-06-01T00:00:00+00:00'),
  ('cccccccc-0000-4000-8000-000000000001', 1, 1, 0, '2026-06-01T00:00:00+00:00');

insert into private.departures (organization_id, email, left_at) values
  ('bbbbbbbb-0000-4000-8000-000000000000', 'gone@example.com', '2026-06-01T00:00:00+00:00');

insert into public.wallet_entries (id, organization_id, wallet, key, kind, amount, workspace_id, description, managed_by, created_at) values
  ('22222222-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000', 'data', 'cccccccc-0000-4000-8000-000000000000', 'refund', 10, 'cccccccc-0000-4000-8000-000000000000', '', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('22222222-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000000', 'data', 'cccccccc-0000-4000-8000-000000000001', 'refund', 10, 'cccccccc-0000-4000-8000-000000000001', '', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('88888888-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000', 'data', 'debit cccccccc-0000-4000-8000-000000000000', 'debit', -3, 'cccccccc-0000-4000-8000-000000000000', '', 'manifest', '2026-06-01T00:00:00+00:00'),
  ('88888888-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000000', 'data', 'debit cccccccc-0000-4000-8000-000000000001', 'debit', -3, 'cccccccc-0000-4000-8000-000000000001', '', 'manifest', '2026-06-01T00:00:00+00:00');

insert into public.reloads (id, organization_id, wallet, amount, credit_amount, currency, state, requested_at, created_at) values
  ('99999999-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000', 'data', 5, 1, 'usd', 'requested', '2026-06-01T00:00:00+00:00', '2026-06-01T00:00:00+00:00');

insert into public.agent_sessions (id, workspace_id, status, started_at, created_at) values
  ('33333333-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000000', 'running', '2026-06-01T00:00:00+00:00', '2026-06-01T00:00:00+00:00'),
  ('33333333-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001', 'running', '2026-06-01T00:00:00+00:00', '2026-06-01T00:00:00+00:00');

insert into public.escalations (id, workspace_id, agent_session_id, reason, status, created_at) values
  ('44444444-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000000', '33333333-0000-4000-8000-000000000000', 'r', 'open', '2026-06-01T00:00:00+00:00'),
  ('44444444-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001', '33333333-0000-4000-8000-000000000001', 'r', 'open', '2026-06-01T00:00:00+00:00');

insert into public.usage_logs (id, workspace_id, api_key_id, operation, credits, details, created_at) values
  ('55555555-0000-4000-8000-000000000000', 'cccccccc-0000-4000-8000-000000000000', '11111111-0000-4000-8000-000000000000', 'o', 1, '{}', '2026-06-01T00:00:00+00:00'),
  ('55555555-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001', '11111111-0000-4000-8000-000000000001', 'o', 1, '{}', '2026-06-01T00:00:00+00:00');
