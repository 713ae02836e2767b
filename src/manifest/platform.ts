import { CURRENCIES, type Currency } from "@tenantry/core/currencies";
import * as z from "zod";
import { byEntitlement, ENTITLEMENTS } from "../shared/entitlements.ts";
import { type ByKind, byKind, DEFAULT_THRESHOLDS, type Threshold } from "../shared/thresholds.ts";
import {
  apiVersion,
  approval,
  cidr,
  compute,
  credits,
  DISPLAY_NAME_DESCRIPTION,
  displayName,
  email,
  fields,
  flag,
  generation,
  githubLogin,
  host,
  limit,
  line,
  list,
  named,
  oneOf,
  planVersion,
  price,
  region,
  secretName,
  slug,
  text,
  wholeNumber,
} from "./fields.ts";

/** The features that a platform can offer its organizations besides workspaces and members. */
export const FEATURES = [
  "apiKeys",
  "connections",
  "apps",
  "customDomains",
  "email",
  "slack",
  "cron",
  "llmProvider",
  "invitations",
] as const;

export type Feature = (typeof FEATURES)[number];

const CURRENCY_CODES = Object.keys(CURRENCIES) as [Currency, ...Currency[]];

const entitlements = fields({
  ...byEntitlement({
    limit: ({ description, least }) => limit(least).optional().meta({ description, default: "unlimited" }),
    flag: ({ description }) => flag.optional().meta({ description, default: true }),
  }),
  // Required: each plan states how many workspaces it has.
  workspaces: limit(ENTITLEMENTS.workspaces.least).describe(ENTITLEMENTS.workspaces.description),
}).meta({ id: "Entitlements", description: "What a plan allows an organization." });

const creditsByWallet = named(credits);

const trialTerms = {
  days: wholeNumber(1, 730, "a whole number of days from 1 to 730").describe(
    "The length of the trial in days.",
  ),
  credits: creditsByWallet.optional().describe("Credits granted once at the start of the trial, by wallet."),
};

const plan = fields({
  displayName: displayName
    .optional()
    .describe(
      "The name that people see. Defaults to the slug as a title: `client-work` becomes `Client work`. The versions of a plan share it, so only the first one has this key.",
    ),
  price: fields({
    monthly: price.describe("Per month, in whole units of the platform's currency, such as 49 or 49.5."),
    previously: list(price)
      .optional()
      .describe(
        "Earlier monthly prices that organizations may keep. A price that is removed from the list is archived.",
      ),
  })
    .optional()
    .describe("The list price. Omit it for a plan by contract."),
  credits: creditsByWallet.optional().describe("Credits granted each month, by wallet."),
  entitlements: entitlements.describe("What the plan allows an organization."),
  trial: fields(trialTerms)
    .optional()
    .describe("The trial of this version, if it differs from the platform's. Only for the plan of `trial`."),
}).meta({
  id: "Plan",
  description:
    "A plan of the platform, or another version of one. `launch` is the first version, and `launch@2` the second. A version has its own price, credits, entitlements and trial. Organizations keep their version until their manifest names another one.",
});

const plans = z.record(planVersion, plan, { error: "a map from names to settings" });

const wallet = fields({
  displayName: displayName.optional().describe(DISPLAY_NAME_DESCRIPTION),
  credit: fields({
    price: price.describe(
      "The price of one credit, in whole units of the platform's currency, such as 0.01 or 0.0005. It may be less than the smallest unit; the total of a reload is rounded up to an amount that can be charged.",
    ),
  }).describe("The credits in the wallet."),
}).meta({
  id: "PlatformWallet",
  description: "A kind of credits. Each organization has one wallet of each kind.",
});

const listedSecret = fields({
  organizations: list(slug).describe("The only organizations that may use the secret."),
  reason: line.describe("Why its name doesn't identify its owner, or why the organizations share it."),
}).meta({
  id: "ListedSecret",
  description: "A secret that several organizations share, or whose name doesn't identify its owner.",
});

const ranges = z.union([list(cidr), z.literal("anywhere")], {
  error: "a list of CIDR ranges, or `anywhere`",
});

const security = fields({
  network: fields({
    allow: ranges.describe(
      "The network ranges that can reach the control plane's database: those of the machines that run `up`, such as CI, and of the product's servers.",
    ),
    workspaces: ranges.optional().meta({
      description:
        "The network ranges that can reach workspace databases. Edge Functions that connect to the database directly need them too; the data API and the project's other services don't.",
      default: "nowhere",
    }),
    reason: line.optional().describe("Why `anywhere` is needed. Required with `anywhere`."),
  })
    .optional()
    .describe("The network ranges that can connect to the PostgreSQL databases. **Required.**"),
  tls: fields({
    optional: z.literal(true, { error: "true" }).describe("Accepts unencrypted connections too."),
    reason: line.describe("Why the exception is needed."),
  })
    .optional()
    .describe(
      "An exception to encrypted database connections. By default, a database refuses unencrypted ones.",
    ),
  realtime: fields({
    publicChannels: z
      .literal(true, { error: "true" })
      .describe(
        "Anyone with a project's publishable key can read and write every channel that isn't private.",
      ),
    reason: line.describe("Why the exception is needed."),
  })
    .optional()
    .describe(
      "An exception to private Realtime channels. By default, Realtime accepts only private channels, which policies protect.",
    ),
  signIn: fields({
    methods: list(
      text(
        /^[a-z][a-z0-9_]{0,39}$/,
        40,
        "the name of a sign-in method in Supabase's API, such as google or saml",
      ),
    ).describe("Sign-in methods as named in Supabase's API: google, github, phone, saml, …"),
    reason: line.describe("Why the exception is needed."),
  })
    .optional()
    .describe(
      "An exception to sign-in by e-mail: other methods for the control plane, which are set up in Supabase's dashboard. A refresh reports methods that aren't listed.",
    ),
}).meta({
  id: "Security",
  description: "How the platform's projects are secured, and the exceptions, each with a reason.",
});

const threshold = fields({
  floor: wholeNumber(0, 1_000_000, "a whole number from 0")
    .optional()
    .describe("The number of removals that never need a consent. Defaults to the kind's."),
  share: wholeNumber(0, 100, "a whole number of percent from 0 to 100")
    .optional()
    .describe(
      "The largest share of removals without a consent, in percent. It applies above the floor. Defaults to the kind's.",
    ),
}).meta({
  id: "Threshold",
  description: "How many things of one kind can be removed without a consent that names each of them.",
});

const REMOVALS: ByKind<string> = {
  members: "People who leave.",
  apiKeys: "API keys that are revoked.",
  workspaces:
    "Active workspaces that are suspended or archived, one by one. In a run, also those of organizations that are. A deletion always needs a consent.",
  domains: "Custom domains that are removed.",
  connections: "Connections that are removed.",
};

const thresholds = (defaults: ByKind<Threshold>) =>
  fields(
    byKind((kind) => {
      const { floor, share } = defaults[kind];
      return threshold
        .optional()
        .describe(`${REMOVALS[kind]} Defaults to \`{ floor: ${floor}, share: ${share} }\`.`);
    }),
  );

const guards = fields({
  perOrganization: thresholds(DEFAULT_THRESHOLDS.perOrganization)
    .optional()
    .describe("The thresholds for what a run removes from one organization."),
  perRun: thresholds(DEFAULT_THRESHOLDS.perRun)
    .optional()
    .describe("The thresholds for what a run removes from several organizations of the platform together."),
}).meta({
  id: "Guards",
  description: "Above which number and share of removals a consent is required.",
});

const costLimit = z.union(
  [
    z.int().min(0).max(99_999_999),
    z
      .string()
      .max(5)
      .regex(/^(0|[1-9][0-9]{0,3})%$/),
  ],
  {
    error: "a whole amount a month, such as 200, or a share of the amount before, such as 10%",
  },
);

const costDirections = (what: string) =>
  fields({
    increase: costLimit.optional().describe(`The most that a run may raise ${what}. Defaults to no limit.`),
    decrease: costLimit.optional().describe(`The most that a run may lower ${what}. Defaults to no limit.`),
  }).optional();

const costLimits = fields({
  revenue: costDirections("the monthly revenue at list prices").describe(
    "Limits of revenue. An amount is in the platform's currency, and isn't compared with revenue in another one; a share is.",
  ),
  infrastructure: costDirections("what databases cost each month").describe(
    "Limits of what databases cost at Supabase. An amount is in US dollars.",
  ),
}).meta({
  id: "CostLimits",
  description:
    "How much a run may change revenue and infrastructure, in both directions. A share limits only what isn't 0 before.",
});

const cost = fields({
  perOrganization: costLimits.optional().describe("The limits for one organization."),
  perRun: costLimits.optional().describe("The limits for all stacks of a run together."),
}).meta({
  id: "Cost",
  description: "The limits above which a run is refused. To allow a change, raise the limit first.",
});

const platformConsent = fields({
  weaken: list(
    text(
      /^(control-plane|workspace)\/[!-~][ -~]*$/,
      300,
      "a kind of database and a table or a function of it, such as workspace/public.chats",
    ),
  )
    .optional()
    .describe(
      "The tables and functions whose row security may get weaker, such as workspace/public.chats. Set either this or `remove`.",
    ),
  remove: fields({
    webhook: text(/^https?:\/\/[!-~]+$/, 2048, "the URL of the endpoint").describe(
      "The URL of the endpoint for Stripe's events that is removed, with the secret that verifies them.",
    ),
  })
    .optional()
    .describe("What may be removed from the platform."),
  ...approval,
}).meta({
  id: "PlatformConsent",
  description: "A consent to what a guard would refuse on the platform.",
});

const maintainer = fields({
  email: email.describe("The e-mail address that `approvedBy` names. Case doesn't matter."),
  github: githubLogin.describe("The GitHub user name. Case doesn't matter."),
}).meta({ id: "Maintainer", description: "A person who reviews changes of the platform." });

export const platformSchema = fields({
  apiVersion,
  kind: z.literal("Platform", { error: "Platform" }).describe("The kind of this manifest."),
  name: slug.describe(
    "The platform's name, which is also the name of its folder in `stacks/` and the first part of its stack names. It can't be changed.",
  ),
  displayName: displayName.optional().describe(DISPLAY_NAME_DESCRIPTION),
  generation: generation.optional(),
  currency: oneOf(CURRENCY_CODES).describe("The currency of all prices, as a lower-case ISO 4217 code."),
  supabase: fields({
    organization: text(
      /^[\w-]+$/,
      100,
      "the slug of a Supabase organization: letters, digits, - and _",
    ).describe("The slug of the Supabase organization that contains all projects."),
    region: region.describe("The region of the control plane, and the default for workspaces."),
    compute: compute.optional().meta({
      description: "The compute size of the control plane, and the default for workspaces.",
      default: "micro",
    }),
  }).describe("Where and how projects are created."),
  security: security.optional().describe("How the projects are secured, and the exceptions."),
  stripe: fields({
    webhook: fields({
      url: text(
        /^(https:\/\/[!-.0-~]+|http:\/\/127\.0\.0\.1:\d+)\/[!-~]*$/,
        2048,
        "a URL such as https://billing.example.com/stripe; http:// only for 127.0.0.1",
      ).describe("The URL of `tenantry webhook`, such as https://billing.example.com/stripe."),
      version: wholeNumber(1, 1000, "a whole number from 1").optional().meta({
        description:
          "The version of the signing secret. Increase it to get a new secret; the old one stays valid until it is replaced.",
        default: 1,
      }),
    })
      .optional()
      .describe("The endpoint that receives Stripe's events."),
  })
    .optional()
    .describe("How Stripe sends events to the platform."),
  access: fields({
    stayOpen: text(/\S/, 500, "a reason").describe(
      "Why workspaces stay open while no process renews their lease. By default, a workspace with a lease from `tenantry webhook` or `tenantry access --watch` closes to people 45 seconds after the last renewal.",
    ),
  })
    .optional()
    .describe("Access to workspaces while no process renews it."),
  features: list(oneOf(FEATURES))
    .optional()
    .describe(
      "The features that the platform offers. Defaults to all. Wallets, trials and app URLs have their own keys.",
    ),
  plans: plans.describe("The plans and their versions, by name."),
  defaultPlan: planVersion.describe(
    "The plan of organizations that name none, or whose paid plan isn't paid. Its version counts too.",
  ),
  trial: fields({
    plan: slug.describe("The plan of the trial, in all of its versions."),
    ...trialTerms,
  })
    .optional()
    .describe("The trial, which each organization can take once."),
  wallets: named(wallet).optional().describe("The credit wallets of each organization, by name."),
  llmProviders: list(slug)
    .optional()
    .describe(
      "The model providers that organizations can choose, such as anthropic, and `hosted` for the platform's own models. Defaults to any.",
    ),
  apps: fields({
    domain: host.describe("The domain of app URLs, such as camelai.example."),
  })
    .optional()
    .describe("How apps are published."),
  secrets: z
    .record(secretName, listedSecret, { error: "a map from names to settings" })
    .optional()
    .describe(
      "Exceptions to the ownership of secrets by name. By default, a secret belongs to the organization whose name is its prefix, such as `acme-anthropic` to `acme`; if several match, to the one with the longest name.",
    ),
  maintainers: list(maintainer)
    .optional()
    .describe(
      "Who reviews what concerns the whole platform, and may approve exceptions and consents. Read by `tenantry codeowners` and `tenantry authorize`.",
    ),
  cost: cost.optional().describe("The limits above which a run may not change revenue and infrastructure."),
  guards: guards.optional().describe("The thresholds above which removals need a consent."),
  consents: list(platformConsent)
    .optional()
    .describe("Consents to weaker row security, and to the removal of the endpoint for Stripe's events."),
}).meta({
  id: "Platform",
  title: "Platform",
  description: "A SaaS product: its plans, wallets and control plane.",
});

export type PlatformManifest = z.infer<typeof platformSchema>;
