import { z } from "zod";
import { databasePassword, secret } from "../schema.ts";

export const SERVICES = ["auth", "db", "pooler", "realtime", "rest", "storage"] as const;

export const readyInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  services: z
    .array(z.enum(SERVICES))
    .min(1)
    .default(["auth", "db", "pooler", "rest", "storage"])
    .describe("The services that must be healthy. Default: all that a workspace uses."),
  databasePassword: databasePassword.optional(),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(300)
    .describe("How long to wait; the next run goes on waiting. Default 300."),
});

export const readyOutputs = z.strictObject({
  databaseHost: z.string().describe("Reachable over IPv6 only."),
  apiUrl: z.string().describe("The project's own URL, without a path."),
  issuer: z.string().describe("The issuer of its users' tokens."),
  poolerHost: z.string().describe("The session pooler, reachable over IPv4."),
  poolerPort: z.int(),
  poolerUser: z.string().describe("`postgres.<ref>`."),
  databaseName: z.string(),
  databasePassword: secret().optional().describe("Where it was asked for."),
  publishableKey: z.string().optional().describe("May be shown to anyone."),
  secretKey: secret().optional().describe("Bypasses row security."),
  anonKey: z.string().optional().describe("The legacy form of the publishable key."),
  serviceRoleKey: secret().optional().describe("The legacy form of the secret key."),
});
