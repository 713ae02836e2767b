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
          .describe("A `create or replace function` statement. Default: a migration creates the function."),
        owner: z.string().optional().describe("Default: the project's `postgres` role."),
        execute: z.array(z.string()).describe("The roles that may call it. No other API role may."),
      }),
    )
    .describe("Functions by signature: `private.my_workspace_ids()`."),
  tables: z
    .record(
      z.string(),
      z.strictObject({
        grants: z
          .record(z.string(), z.array(z.string()))
          .optional()
          .describe(
            "Privileges by role: `select`, `update(title)`. No other API role has any. If absent, privileges aren't managed; use this for Supabase's own tables.",
          ),
        policies: z
          .record(
            z.string(),
            z.strictObject({
              as: z.enum(["permissive", "restrictive"]).optional().describe("Default permissive."),
              for: z.enum(["all", "select", "insert", "update", "delete"]).describe("The command."),
              to: z.array(z.string()).describe("Roles."),
              using: z.string().optional().describe("The condition for rows that are visible."),
              check: z.string().optional().describe("The condition for rows that may be written."),
            }),
          )
          .optional()
          .describe("Policies by name. Other policies of the table are dropped."),
        open: z
          .literal(true)
          .optional()
          .describe("Set by a refresh only: the table's row security is disabled."),
      }),
    )
    .describe("Tables and views by name: `public.workspaces`."),
});
