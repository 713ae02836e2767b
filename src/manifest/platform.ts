import * as z from "zod";
import { CURRENCY_DECIMALS, type Currency } from "../shared/currency.ts";
import {
  apiVersion,
  cidr,
  compute,
  credits,
  displayName,
  fields,
  flag,
  generation,
  host,
  limit,
  line,
  list,
  named,
  price,
  region,
  secretName,
  slug,
  text,
  whole,
  word,
} from "./fields.ts";

/** What a platform may offer its organizations beyond workspaces and members. */
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

const CURRENCIES = Object.keys(CURRENCY_DECIMALS) as [Currency, ...Currency[]];

const entitlements = fields({
  workspaces: limit(1).describe("How many workspaces an organization may have; deleted ones don't count."),
  seats: limit(1).optional().meta({
    description: "How many people: the owner, members and open invitations.",
    default: "unlimited",
  }),
  perWorkspaceAccess: flag.optional().meta({
    description:
      "Whether members are granted single workspaces; where not, every member reaches all of them.",
    default: true,
  }),
  customDomains: limit(0)
    .optional()
    .meta({ description: "How many apps may have a domain of their own.", default: "unlimited" }),
  rpm: limit(1)
    .optional()
    .meta({ description: "Requests per minute, for the whole organization.", default: "unlimited" }),
  webhookEvents: limit(0)
    .optional()
    .meta({ description: "Webhook events per month, for the whole organization.", default: "unlimited" }),
}).meta({ id: "Entitlements", description: "What a plan entitles an organization to." });

const creditsByWallet = named(credits);

const plan = fields({
  displayName: displayName.optional().describe("What people see; the name with a capital unless said."),
  price: fields({
    monthly: price.describe("Per month, in whole units of the platform's currency, as 49 or 49.5."),
    previously: list(price)
      .optional()
      .describe(
        "Monthly prices that it had before and that organizations may still be on. One that is taken out is archived.",
      ),
  })
    .optional()
    .describe("The list price. Leave it out for a plan that is agreed by contract."),
  credits: creditsByWallet.optional().describe("Credits granted each month, by wallet."),
  entitlements: entitlements.describe("What the plan entitles an organization to."),
}).meta({ id: "Plan", description: "A plan that organizations can be on." });

const wallet = fields({
  displayName: displayName.optional().describe("What people see; the name with a capital unless said."),
  credit: fields({
    price: price.describe("The price of one credit, in whole units of the platform's currency, as 0.01."),
  }).describe("What its credits are."),
}).meta({
  id: "PlatformWallet",
  description: "A kind of credits that each organization holds in one wallet.",
});

const listedSecret = fields({
  organizations: list(slug).describe("Which organizations of the platform may use it, and nobody else."),
  reason: line.describe("Why its name doesn't say whose it is, or why they share it."),
}).meta({
  id: "ListedSecret",
  description: "A secret that several organizations share, or of which the name doesn't say whose it is.",
});

const ranges = z.union([list(cidr), z.literal("anywhere")], {
  error: "a list of CIDR ranges, or `anywhere`",
});

const security = fields({
  network: fields({
    allow: ranges.describe(
      "From where the control plane's database is reached: the addresses of CI, where `up` runs, and of the product's own servers.",
    ),
    workspaces: ranges.optional().meta({
      description:
        "From where workspaces' databases are reached. Their data API and the rest of their project's services don't depend on it; Edge Functions that connect to the database themselves do.",
      default: "nowhere",
    }),
    reason: line.optional().describe("Why it has to be `anywhere`; required with it."),
  })
    .optional()
    .describe(
      "Whose connections to the PostgreSQL databases are let in. **Required** to bring a platform up.",
    ),
  tls: fields({
    optional: z.literal(true, { error: "true" }).describe("Connections in clear are let in too."),
    reason: line.describe("Why."),
  })
    .optional()
    .describe("An exception: every connection to a database has to be encrypted unless this says otherwise."),
  realtime: fields({
    publicChannels: z
      .literal(true, { error: "true" })
      .describe("Whoever has a project's publishable key reads and writes every channel that isn't private."),
    reason: line.describe("Why."),
  })
    .optional()
    .describe(
      "An exception: Realtime has private channels only, which policies guard, unless this says otherwise.",
    ),
  signIn: fields({
    methods: list(
      text(/^[a-z][a-z0-9_]{0,39}$/, 40, "the name of a sign-in method in Supabase's API, as google or saml"),
    ).describe("As Supabase's API names them: google, github, phone, saml, …"),
    reason: line.describe("Why."),
  })
    .optional()
    .describe(
      "An exception: how people sign in to the control plane besides by e-mail. Set up in Supabase's dashboard; a refresh calls any other method a difference.",
    ),
}).meta({
  id: "Security",
  description:
    "How the projects of the platform are closed, and the exceptions that open them, each with its reason.",
});

export const platformSchema = fields({
  apiVersion,
  kind: z.literal("Platform", { error: "Platform" }).describe("The kind of this manifest."),
  name: slug.describe(
    "The platform's name: that of its folder in `stacks/`, and the first part of its stacks' names. It never changes.",
  ),
  displayName: displayName.optional().describe("What people see; the name with a capital unless said."),
  generation: generation.optional(),
  currency: word(CURRENCIES).describe("The currency of every price, as Stripe writes it."),
  supabase: fields({
    organization: text(
      /^[\w-]+$/,
      100,
      "the slug of a Supabase organization: letters, digits, - and _",
    ).describe("The slug of the Supabase organization that holds every project."),
    region: region.describe("Where the control plane is, and every workspace that doesn't say otherwise."),
    compute: compute.optional().meta({
      description: "The size of the control plane, and of every workspace that doesn't say otherwise.",
      default: "micro",
    }),
  }).describe("Where projects are made."),
  security: security.optional().describe("How its projects are closed, and the exceptions that open them."),
  stripe: fields({
    webhook: fields({
      url: text(
        /^(https:\/\/[!-.0-~]+|http:\/\/127\.0\.0\.1:\d+)\/[!-~]*$/,
        2048,
        "an address as https://billing.example.com/stripe; http:// only for 127.0.0.1",
      ).describe("Where `tenantry webhook` is reached, as https://billing.example.com/stripe."),
      version: whole(1, 1000, "a whole number from 1 on").optional().meta({
        description: "Raised to get another signing secret; the old one is of use until it is replaced.",
        default: 1,
      }),
    })
      .optional()
      .describe("The endpoint that Stripe tells of payments."),
  })
    .optional()
    .describe("How Stripe reaches the platform."),
  access: fields({
    stayOpen: text(/\S/, 500, "a reason").describe(
      "The reason for which workspaces stay open to the people that they know while no process confirms who may enter. Without it, a workspace that `tenantry webhook` or `tenantry access --watch` has confirmed closes 60 seconds after the last confirmation.",
    ),
  })
    .optional()
    .describe("What happens while nothing carries the control plane's answer to workspaces."),
  features: list(word(FEATURES))
    .optional()
    .describe(
      "The features that the platform has; every one unless said. Wallets, trials and apps' URLs follow from their own keys.",
    ),
  plans: named(plan).describe("The catalogue of plans, by name."),
  defaultPlan: slug.describe("The plan of an organization that names none, or whose paid plan isn't paid."),
  trial: fields({
    plan: slug.describe("The plan that is tried."),
    days: whole(1, 730, "a whole number of days from 1 to 730").describe("How long it lasts."),
    credits: creditsByWallet.optional().describe("Credits granted once, when it starts, by wallet."),
  })
    .optional()
    .describe("The one trial that an organization may take, ever."),
  wallets: named(wallet).optional().describe("The credit wallets that each organization has."),
  llmProviders: list(slug)
    .optional()
    .describe(
      "Whose models organizations may choose, as anthropic, and `hosted` for the platform's own; any unless said.",
    ),
  apps: fields({
    domain: host.describe("The suffix of every app's own URL, as camelai.example."),
  })
    .optional()
    .describe("Publishing of apps."),
  secrets: z
    .record(secretName, listedSecret, { error: "a map from names to settings" })
    .optional()
    .describe(
      "Exceptions to the rule of names, by the secret's name. Without one a secret belongs to the organization whose name begins it, as `acme-anthropic` to `acme`; where several names begin it, to the one with the longest.",
    ),
}).meta({
  id: "Platform",
  title: "Platform",
  description: "A SaaS product: its plans, wallets and control plane.",
});

export type PlatformManifest = z.infer<typeof platformSchema>;
