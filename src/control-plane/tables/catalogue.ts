import * as z from "zod";
import { column, optionalColumns } from "../field.ts";
import { limitColumns } from "../limits.ts";
import { Table } from "../table.ts";

export const platforms = new Table({
  name: "public.platforms",
  owner: ["id"],
  key: ["id"],
  fields: {
    name: column("name", z.string().describe("The platform's slug.")),
    displayName: column("display_name", z.string().describe("The name that people see.")),
    currency: column("currency", z.string().describe("ISO 4217, lower case.")),
    defaultPlan: column(
      "default_plan",
      z.string().describe("The plan of an organization that declares none, or whose plan isn't paid."),
    ),
    appsDomain: column("apps_domain", z.string().optional().describe("The suffix of the apps' own URLs.")),
    issuer: column("issuer", z.string().optional().describe("The issuer of the platform's tokens.")),
    trial: optionalColumns(
      {
        plan: column("trial_plan", z.string().describe("The plan of the trial.")),
        days: column("trial_days", z.int().min(1).describe("The length of the trial.")),
        credits: column(
          "trial_credits",
          z.record(z.string(), z.int().min(0)).describe("Credits granted once, by wallet."),
        ),
      },
      { presentIf: "trial_plan", whenAbsent: { trial_credits: {} } },
      "The trial that a new organization may take, once.",
    ),
  },
});

export const plans = new Table({
  name: "public.plans",
  owner: ["platform_id"],
  key: ["name"],
  fields: {
    name: column("name", z.string()),
    displayName: column("display_name", z.string().describe("The name that people see.")),
    monthlyAmount: column(
      "monthly_amount",
      z
        .int()
        .min(0)
        .optional()
        .describe(
          "The monthly price in the currency's smallest unit. Absent: the plan is agreed by contract.",
        ),
    ),
    productId: column("stripe_product", z.string().optional().describe("The id of Stripe's product.")),
    priceLookupKey: column(
      "stripe_price_lookup_key",
      z.string().optional().describe("The lookup key of Stripe's price."),
    ),
    credits: column(
      "credits",
      z.record(z.string(), z.int().min(0)).describe("Credits granted each month, by wallet."),
    ),
    limits: limitColumns,
  },
});

export const walletTypes = new Table({
  name: "public.wallet_types",
  owner: ["platform_id"],
  key: ["name"],
  fields: {
    name: column("name", z.string()),
    creditAmount: column(
      "credit_amount",
      z.number().min(0).describe("The price of one credit in the currency's smallest unit."),
    ),
    minimumReload: column(
      "minimum_reload",
      z
        .int()
        .min(1)
        .optional()
        .describe("The fewest credits for which Stripe charges. Absent: credits that cost nothing."),
    ),
  },
});
