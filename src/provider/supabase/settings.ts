import { z } from "zod";
import { secret } from "../schema.ts";

const hook = z.strictObject({
  uri: z.string().describe("`pg-functions://postgres/<schema>/<function>` or an https URL."),
  secret: secret().optional().describe("Signs the calls to an https URL. Never compared: the API hides it."),
});

export const settingsInputs = z.strictObject({
  project: z.string().describe("The ref of the Supabase project."),
  api: z
    .strictObject({
      schemas: z.array(z.string()).optional().describe("Exposed by the data API; `[]` switches it off."),
      maxRows: z.int().min(0).max(1_000_000).optional().describe("Rows of one answer, at most."),
      extraSearchPath: z.array(z.string()).optional().describe("Schemas added to the search path."),
    })
    .optional()
    .describe("The data API."),
  auth: z
    .strictObject({
      siteUrl: z.string().optional().describe("Where people land after signing in."),
      redirectUrls: z.array(z.string()).optional().describe("Other URLs that may be redirected to."),
      disableSignup: z.boolean().optional().describe("Whether nobody can sign up."),
      jwtExpiry: z.int().min(0).max(604_800).optional().describe("Life of an access token, in seconds."),
      anonymousSignIns: z.boolean().optional().describe("Whether one can sign in without credentials."),
      emailSignIns: z.boolean().optional().describe("Whether one can sign in by e-mail."),
      phoneSignIns: z.boolean().optional().describe("Whether one can sign in by phone."),
      confirmEmail: z.boolean().optional().describe("Whether an e-mail address must be verified first."),
      hooks: z
        .strictObject({
          customAccessToken: hook.optional().describe("Adds claims to every token."),
          beforeUserCreated: hook.optional().describe("May refuse a new user."),
        })
        .optional()
        .describe("Called by the auth service."),
    })
    .optional()
    .describe("The auth service."),
  network: z
    .strictObject({
      allowedCidrs: z.array(z.string()).optional().describe("IPv4 ranges that reach the database."),
      allowedCidrsV6: z.array(z.string()).optional().describe("IPv6 ranges that reach the database."),
    })
    .optional()
    .describe("Who reaches the database; written as a whole: a list that is absent is cleared."),
  ssl: z
    .strictObject({ enforced: z.boolean().describe("Whether the database refuses plain connections.") })
    .optional()
    .describe("A change restarts the database."),
  thirdPartyAuth: z
    .array(
      z.strictObject({
        issuer: z.string().optional().describe("An OpenID Connect issuer."),
        jwksUrl: z.string().optional().describe("Where the issuer's keys are, when it is no OpenID issuer."),
      }),
    )
    .optional()
    .describe("Whose tokens the project accepts besides its own; any other is removed."),
});

export const settingsOutputs = z.strictObject({});
