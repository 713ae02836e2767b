import { z } from "zod";

export const schemaInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  schemas: z
    .array(z.string())
    .describe("The schemas whose objects the migrations own; drift is looked for in these."),
  migrations: z
    .record(
      z.string(),
      z.strictObject({
        checksum: z.string().describe("SHA-256 of the SQL, in hexadecimal."),
        sql: z.string().describe("Statements without transaction control."),
      }),
    )
    .describe("By name, as `0001_tables`; they run in the order of their names."),
  drift: z
    .record(z.string(), z.string())
    .optional()
    .describe("Never declared: a refresh lists here the objects that differ from what the migrations made."),
});

export const schemaOutputs = z.object({
  applied: z.array(z.string()).describe("The names of the migrations that the database holds, in order."),
  digest: z.string().describe("A digest of every object that the migrations made, as last recorded."),
});
