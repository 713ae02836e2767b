-- What is written in a Slack channel goes to the agent of one workspace. The rules of manifests see one repository; this
-- holds whoever writes the row.
create unique index workspaces_slack_channel_idx on public.workspaces (upper(slack_team), upper(slack_channel));
