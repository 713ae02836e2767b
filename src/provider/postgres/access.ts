import { z } from "zod";

export const accessInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  roles: z
    .record(
      z.string(),
      z.strictObject({
        login: z.boolean().optional().describe("Default false."),
        inherit: z.boolean().optional().describe("Default false."),
        bypassRowSecurity: z.boolean().optional().describe("Default false."),
      }),
    )
    .optional()
    .describe("Roles by name. A role that exists is adopted; none is ever dropped."),
  extensions: z
    .record(z.string(), z.strictObject({ schema: z.string().describe("Where its objects are.") }))
    .optional()
    .describe("Extensions by name."),
  schemas: z
    .record(
      z.string(),
      z.strictObject({ usage: z.array(z.string()).describe("Roles; no other API role may use the schema.") }),
    )
    .optional()
    .describe("Schemas by name; made where missing, never dropped."),
  defaultPrivileges: z
    .array(
      z.strictObject({
        schema: z.string().optional().describe("Absent: in every schema."),
        on: z.enum(["tables", "sequences", "functions", "types"]).describe("The kind of new object."),
        revokeFrom: z
          .array(z.string())
          .describe("Roles (or `public`) that get nothing on new objects of the project's `postgres` role."),
      }),
    )
    .optional()
    .describe("What new objects grant."),
});

export const accessOutputs = z.object({});
