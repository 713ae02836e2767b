import * as z from "zod";
import { lifecycleState } from "../../shared/lifecycle.ts";
import { column, optionalColumns } from "../field.ts";
import { Table } from "../table.ts";

export const workspaces = new Table({
  name: "public.workspaces",
  owner: ["id", "organization_id"],
  key: ["id"],
  fields: {
    name: column("name", z.string().describe("The workspace's slug, unique in the organization.")),
    generation: column(
      "generation",
      z.int().min(1).describe("Distinguishes it from earlier workspaces of the same name."),
    ),
    displayName: column("display_name", z.string().describe("The name that people see.")),
    state: column("state", lifecycleState.describe("Members can enter an active workspace only.")),
    expires: column(
      "expires_on",
      z.string().optional().describe("ISO date after which a temporary workspace is to be archived."),
    ),
    projectRef: column("project_ref", z.string().optional().describe("The ref of its Supabase project.")),
    projectUrl: column("project_url", z.string().optional().describe("The URL of its data API.")),
    region: column("region", z.string().optional().describe("The region of its project, as `eu-central-1`.")),
    email: column("email", z.string().optional().describe("The workspace's own address, lower case.")),
    slack: optionalColumns(
      {
        team: column("slack_team", z.string().describe("The id of the Slack workspace, as `T012AB`.")),
        channel: column("slack_channel", z.string().describe("The id of the channel, as `C034CD`.")),
      },
      { presentIf: "slack_team" },
      "The Slack channel that it posts to.",
    ),
  },
});

export const workspaceMembers = new Table({
  name: "public.workspace_members",
  owner: ["workspace_id", "organization_id"],
  key: ["workspace_id", "email"],
  fields: { email: column("email", z.string()) },
});

export const apps = new Table({
  name: "public.apps",
  owner: ["workspace_id"],
  key: ["workspace_id", "name"],
  fields: {
    name: column("name", z.string()),
    url: column("url", z.string().optional().describe("The app's own URL below the platform's domain.")),
    domain: column("domain", z.string().optional().describe("A custom domain, unique on the platform.")),
  },
});

/** Credentials are never stored here. */
export const connections = new Table({
  name: "public.connections",
  owner: ["workspace_id"],
  key: ["workspace_id", "name"],
  fields: {
    name: column("name", z.string()),
    kind: column("kind", z.string().describe("What it connects to, as `bigquery`.")),
    cloneOf: column(
      "clone_of",
      z.string().optional().describe("The connection that it was cloned from, as `production/warehouse`."),
    ),
  },
});

export const cronJobs = new Table({
  name: "public.cron_jobs",
  owner: ["workspace_id"],
  key: ["workspace_id", "name"],
  fields: {
    name: column("name", z.string()),
    schedule: column("schedule", z.string().describe("The five fields of cron, in UTC.")),
    task: column("task", z.string().describe("The task for the agent.")),
  },
});

export const apiKeys = new Table({
  name: "public.api_keys",
  owner: ["workspace_id"],
  key: ["id"],
  fields: {
    id: column("id", z.string()),
    name: column("name", z.string()),
    rotation: column("rotation", z.string()),
    prefix: column("prefix", z.string()),
  },
});
