import type { PlatformManifest } from "../manifest/platform.ts";
import { smallestUnits } from "../shared/currency.ts";
import { byEntitlement, type Entitlements, type Limit } from "../shared/entitlements.ts";
import { projectName, stableId } from "../shared/ids.ts";
import { mapValues, titleOf } from "./defaults.ts";
import type { Money, PlanModel, PlatformModel, PriceModel } from "./model.ts";
import { securityModel } from "./security.ts";

type PlanManifest = PlatformManifest["plans"][string];

/** Resolves a platform's manifest. The rules find its errors; if there are any, the result isn't used. */
export function platformModel(manifest: PlatformManifest): PlatformModel {
  const { name, currency, supabase, wallets = {}, trial } = manifest;
  const id = stableId(name, manifest.generation);
  return {
    name,
    id,
    stack: `${name}.platform`,
    displayName: manifest.displayName ?? titleOf(name),
    currency,
    project: {
      name: projectName([name], id),
      organization: supabase.organization,
      region: supabase.region,
      compute: supabase.compute ?? "micro",
    },
    security: securityModel(manifest),
    webhook: manifest.stripe?.webhook ? { version: 1, ...manifest.stripe.webhook } : null,
    staysOpen: manifest.access?.stayOpen ?? null,
    plans: mapValues(manifest.plans, (plan, planName) => planModel(manifest, planName, plan)),
    defaultPlan: manifest.defaultPlan,
    trial: trial ? { plan: trial.plan, days: trial.days, credits: creditsOf(trial.credits) } : null,
    wallets: mapValues(wallets, (wallet) => ({ creditPrice: money(wallet.credit.price, manifest) })),
    llmProviders: manifest.llmProviders ?? null,
    appsDomain: manifest.apps ? normalizeHost(manifest.apps.domain) : null,
  };
}

function planModel(platform: PlatformManifest, name: string, plan: PlanManifest): PlanModel {
  const priceOf = (monthly: number) => priceModel(platform, name, monthly);
  return {
    name,
    displayName: plan.displayName ?? titleOf(name),
    productId: `${platform.name}_${name}`,
    price: plan.price ? priceOf(plan.price.monthly) : null,
    previousPrices: (plan.price?.previously ?? []).map(priceOf),
    credits: creditsOf(plan.credits),
    entitlements: entitlementsOf(plan.entitlements),
  };
}

function priceModel(platform: PlatformManifest, plan: string, monthly: number): PriceModel {
  const { amount, currency } = money(monthly, platform);
  return { lookupKey: `${platform.name}--${plan}--monthly--${currency}-${amount}`, amount, currency };
}

function creditsOf(credits: PlanManifest["credits"]): Record<string, number> {
  return mapValues(credits ?? {}, (amount) => amount);
}

function entitlementsOf(declared: PlanManifest["entitlements"]): Entitlements {
  return byEntitlement({
    limit: (_, name) => limitOf(declared[name]),
    flag: (_, name) => declared[name] ?? true,
  });
}

/** Converts a declared limit. An undeclared one is unlimited. */
export function limitOf(declared: number | "unlimited" | undefined): Limit {
  return declared === undefined || declared === "unlimited" ? null : declared;
}

function money(price: number, { currency }: PlatformManifest): Money {
  return { amount: smallestUnits(price, currency) ?? 0, currency };
}

/** Normalizes a domain for comparison: lower case, without a trailing dot. */
export function normalizeHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
