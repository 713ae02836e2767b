import * as z from "zod";
import { stateOfProject } from "../../project-scoped.ts";

export const rowSecurityInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  state: stateOfProject,
  functions: z
    .record(
      z.string(),
      z.strictObject({
        definition: z
          .string()
          .optional()
          .describe("A `create or replace function` statement. Absent: a migration makes it."),
        owner: z.string().optional().describe("Absent: the project's `postgres`."),
        execute: z.array(z.string()).describe("Roles; no other API role may call it."),
      }),
    )
    .describe("Functions by signature, as `private.my_workspace_ids()`."),
  tables: z
    .record(
      z.string(),
      z.strictObject({
        grants: z
          .record(z.string(), z.array(z.string()))
          .optional()
          .describe(
            "Privileges by role, as `select` or `update(title)`; no other API role has any. Absent: not managed, as on Supabase's own tables.",
          ),
        policies: z
          .record(
            z.string(),
            z.strictObject({
              as: z.enum(["permissive", "restrictive"]).optional().describe("Default permissive."),
              for: z.enum(["all", "select", "insert", "update", "delete"]).describe("The command."),
              to: z.array(z.string()).describe("Roles."),
              using: z.string().optional().describe("Which rows are seen."),
              check: z.string().optional().describe("Which rows may be written."),
            }),
          )
          .optional()
          .describe("Policies by name. Any other policy of the table is dropped."),
        open: z
          .literal(true)
          .optional()
          .describe("Never declared: a refresh shows it on a table whose row security is switched off."),
      }),
    )
    .describe("Tables and views by name, as `public.workspaces`."),
});
