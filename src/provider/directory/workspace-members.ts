import { z } from "zod";

export const workspaceMembersInputs = z.strictObject({
  project: z.string().describe("The ref of the workspace's Supabase project."),
  workspace: z.string().describe("The workspace's id."),
  issuer: z
    .string()
    .describe("Whose tokens are trusted, as `https://<control plane's ref>.supabase.co/auth/v1`."),
  members: z
    .record(z.string(), z.strictObject({ role: z.enum(["owner", "admin", "member"]) }))
    .describe("By lower-case e-mail."),
});

export const workspaceMembersOutputs = z.object({});
