import { z } from "zod";
import { controlPlane } from "./control-plane.ts";

export const workspaceInputs = z.strictObject({
  controlPlane,
  organization: z.string().describe("The organization's id."),
  id: z.string().describe("UUIDv5 of its first path and generation."),
  name: z.string(),
  generation: z.int().min(1),
  displayName: z.string(),
  state: z.enum(["active", "suspended", "archived", "deleted"]),
  expires: z.string().optional().describe("ISO date, of a throwaway workspace."),
  projectRef: z.string().optional().describe("Its Supabase project."),
  projectUrl: z.string().optional().describe("Its data API."),
  region: z.string().optional(),
  email: z.string().optional().describe("The workspace's own address."),
  slack: z.strictObject({ team: z.string(), channel: z.string() }).optional(),
  access: z
    .record(z.string(), z.strictObject({ role: z.enum(["owner", "admin", "member"]) }))
    .describe("Who may enter, by lower-case e-mail, with the role that they have in the organization."),
  apps: z.record(z.string(), z.strictObject({ url: z.string().optional(), domain: z.string().optional() })),
  connections: z
    .record(z.string(), z.strictObject({ kind: z.string(), cloneOf: z.string().optional() }))
    .describe("By name; the credentials are never stored here."),
  cron: z.record(z.string(), z.strictObject({ schedule: z.string(), task: z.string() })),
});

export const workspaceOutputs = z.object({});
