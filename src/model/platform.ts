import type { Currency } from "@tenantry/core/currencies";
import type { PlatformManifest } from "../manifest/platform.ts";
import { creditAmount, fewestCredits, smallestUnits } from "../shared/currency.ts";
import { byEntitlement, type Entitlements, type Limit } from "../shared/entitlements.ts";
import { projectName, stableId } from "../shared/ids.ts";
import { planVersionOf, productIdOf } from "../shared/plan-version.ts";
import { platformConsentModel, thresholdsOf } from "./consents.ts";
import { costPolicy } from "./cost-limits.ts";
import { mapValues, normalizeHost, titleOf } from "./defaults.ts";
import type { Money, PlanModel, PlatformModel, PriceModel, TrialModel, WalletTypeModel } from "./model.ts";
import { versionsOf } from "./plan-versions.ts";
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
    trial: trial ? { plan: trial.plan, ...termsOf(trial) } : null,
    wallets: mapValues(wallets, ({ credit }) => walletType(credit.price, currency)),
    llmProviders: manifest.llmProviders ?? null,
    appsDomain: manifest.apps ? normalizeHost(manifest.apps.domain) : null,
    guards: thresholdsOf(manifest.guards ?? {}),
    cost: costPolicy(manifest),
    consents: (manifest.consents ?? []).map(platformConsentModel),
  };
}

function planModel(platform: PlatformManifest, name: string, plan: PlanManifest): PlanModel {
  const priceOf = (monthly: number) => priceModel(platform, name, monthly);
  const { plan: family, version } = planVersionOf(name);
  const [first = name] = versionsOf(platform.plans, family);
  return {
    name,
    plan: family,
    version,
    displayName: platform.plans[first]?.displayName ?? titleOf(family),
    productId: productIdOf(platform.name, name),
    price: plan.price ? priceOf(plan.price.monthly) : null,
    previousPrices: (plan.price?.previously ?? []).map(priceOf),
    credits: creditsOf(plan.credits),
    entitlements: entitlementsOf(plan.entitlements),
    trial: trialOf(platform, family, plan),
  };
}

/** The trial of a version is its own or the platform's. */
function trialOf({ trial }: PlatformManifest, family: string, version: PlanManifest): TrialModel | null {
  if (trial === undefined || trial.plan !== family) return null;
  return { plan: family, ...termsOf(version.trial ?? trial) };
}

function termsOf({ days, credits }: NonNullable<PlanManifest["trial"]>): Omit<TrialModel, "plan"> {
  return { days, credits: creditsOf(credits) };
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

function walletType(price: number, currency: Currency): WalletTypeModel {
  const amount = creditAmount(price, currency) ?? 0;
  return { creditPrice: { amount, currency }, minimumReload: fewestCredits(amount, currency) ?? null };
}

function money(price: number, { currency }: PlatformManifest): Money {
  return { amount: smallestUnits(price, currency) ?? 0, currency };
}
