import { CURRENCIES } from "@tenantry/core/currencies";
import { ownProperty } from "@tenantry/core/own-property";
import type { Part, Path } from "../../manifest/locate.ts";
import type { PlatformManifest } from "../../manifest/platform.ts";
import {
  CREDIT_DECIMALS,
  chargedDecimals,
  creditAmount,
  mostUnits,
  smallestUnits,
  wholeUnits,
} from "../../shared/currency.ts";
import { planVersionOf } from "../../shared/plan-version.ts";
import { suggest } from "../../shared/suggest.ts";
import { versionsOf } from "../plan-versions.ts";
import type { RuleDiagnostic } from "./rule.ts";
import { SECURITY_RULES } from "./security.ts";
import type { PlatformRule } from "./subject.ts";

const knownDefaultPlan: PlatformRule = {
  name: "known-plan",
  check: (platform) => unknownName("plan", platform.plans, platform.defaultPlan, ["defaultPlan"]),
};

const knownTrialPlan: PlatformRule = {
  name: "known-plan",
  check: ({ plans, trial }) => {
    if (trial === undefined) return [];
    const families = Object.keys(plans).map((name) => [planVersionOf(name).plan, true] as const);
    return unknownName("plan", Object.fromEntries(families), trial.plan, ["trial", "plan"]);
  },
};

/** The default plan needs a price, because organizations fall back to it automatically. */
const pricedDefaultPlan: PlatformRule = {
  name: "priced-default-plan",
  check: ({ plans, defaultPlan }) => {
    const plan = ownProperty(plans, defaultPlan);
    if (plan === undefined || plan.price !== undefined) return [];
    return [
      {
        path: ["defaultPlan"],
        message: `the default plan \`${defaultPlan}\` has no price`,
        expected: "a plan with a price; free is `price: { monthly: 0 }`",
        found: "a plan by contract",
        remedy: `give \`${defaultPlan}\` a price, or name another plan`,
      },
    ];
  },
};

/** A trial is a subscription that starts free, so its plan needs a price for the time after the trial, in every version. */
const pricedTrialPlan: PlatformRule = {
  name: "priced-trial-plan",
  check: ({ plans, trial }) => {
    if (trial === undefined) return [];
    const free = versionsOf(plans, trial.plan).find((name) => (plans[name]?.price?.monthly ?? 0) <= 0);
    if (free === undefined) return [];
    return [
      {
        path: ["trial", "plan"],
        message: `the trial's plan \`${free}\` has no price after the trial`,
        expected: "a plan with a price above 0",
        found: plans[free]?.price === undefined ? "a plan by contract" : "a free plan",
        remedy: "name a paid plan, or remove `trial`",
      },
    ];
  },
};

/** Customers know a plan by one name, whichever version they are on. */
const displayNameOfPlan: PlatformRule = {
  name: "display-name-of-plan",
  check: ({ plans }) =>
    Object.entries(plans).flatMap(([name, { displayName }]) => {
      const [first = name] = versionsOf(plans, planVersionOf(name).plan);
      if (displayName === undefined || first === name) return [];
      return [
        {
          path: ["plans", name, "displayName"],
          message: `\`${name}\` is a version of \`${first}\` and shares its display name`,
          expected: "no `displayName`",
          found: `\`${displayName}\``,
          remedy: `set \`displayName\` on \`${first}\``,
        },
      ];
    }),
};

/** The platform has one trial, so only versions of its plan can have different terms. */
const trialOfVersion: PlatformRule = {
  name: "trial-of-version",
  check: ({ plans, trial }) =>
    Object.entries(plans).flatMap(([name, version]) => {
      const { plan } = planVersionOf(name);
      if (version.trial === undefined || trial?.plan === plan) return [];
      return [
        {
          path: ["plans", name, "trial"],
          part: "key" as const,
          message:
            trial === undefined
              ? "the platform has no trial"
              : `the platform's trial is for the plan \`${trial.plan}\`, not for \`${plan}\``,
          expected: "no `trial`",
          found: `a trial of ${version.trial.days} days`,
          remedy:
            trial === undefined
              ? `remove it, or set the platform's \`trial: { plan: ${plan}, days: … }\``
              : "remove it",
        },
      ];
    }),
};

const knownWallets: PlatformRule = {
  name: "known-wallet",
  check: ({ plans, trial, wallets = {} }) => [
    ...Object.entries(plans).flatMap(([plan, { credits = {} }]) =>
      Object.keys(credits).flatMap((wallet) =>
        unknownName("wallet", wallets, wallet, ["plans", plan, "credits", wallet], "key"),
      ),
    ),
    ...Object.entries(plans).flatMap(([plan, version]) =>
      Object.keys(version.trial?.credits ?? {}).flatMap((wallet) =>
        unknownName("wallet", wallets, wallet, ["plans", plan, "trial", "credits", wallet], "key"),
      ),
    ),
    ...Object.keys(trial?.credits ?? {}).flatMap((wallet) =>
      unknownName("wallet", wallets, wallet, ["trial", "credits", wallet], "key"),
    ),
  ],
};

/** A plan's price is an amount that Stripe can charge. */
const wholePrices: PlatformRule = {
  name: "whole-prices",
  check: (platform) =>
    pricesOf(platform).flatMap(({ price, path }) => {
      const amount = smallestUnits(price, platform.currency);
      if (amount !== undefined && amount <= mostUnits(platform.currency)) return [];
      if (amount !== undefined) return [tooHigh(price, path, platform)];
      const decimals = chargedDecimals(platform.currency);
      return [
        {
          path,
          message: `a price in ${platform.currency} has at most ${decimals} decimals`,
          expected: decimals === 0 ? "a whole number" : `at most ${decimals} decimals, such as 49.99`,
          found: `\`${price}\``,
          remedy: "round it",
        },
      ];
    }),
};

function tooHigh(price: number, path: Path, { currency }: PlatformManifest): RuleDiagnostic {
  const most = wholeUnits(mostUnits(currency), currency);
  return {
    path,
    message: `a price in ${currency} is at most ${most}`,
    expected: `at most ${most}`,
    found: `\`${price}\``,
    remedy: "lower it",
  };
}

/** A credit may cost a fraction of the smallest unit. A reload's total is rounded. */
const creditPriceDecimals: PlatformRule = {
  name: "credit-price",
  check: ({ wallets = {}, currency }) =>
    Object.entries(wallets).flatMap(([wallet, { credit }]) => {
      if (creditAmount(credit.price, currency) !== undefined) return [];
      const decimals = CURRENCIES[currency].decimals + CREDIT_DECIMALS;
      return [
        {
          path: ["wallets", wallet, "credit", "price"],
          message: `the price of a credit in ${currency} has at most ${decimals} decimals`,
          expected: `at most ${decimals} decimals, such as 0.0005`,
          found: `\`${credit.price}\``,
          remedy: "round it",
        },
      ];
    }),
};

/** A previous price differs from the current one, and is listed once. */
const previousPriceAnother: PlatformRule = {
  name: "previous-price-another",
  check: ({ plans }) =>
    Object.entries(plans).flatMap(([plan, { price }]) => {
      if (price === undefined) return [];
      const { monthly, previously = [] } = price;
      return previously.flatMap((previous, index) =>
        previous !== monthly && previously.indexOf(previous) === index
          ? []
          : [
              {
                path: ["plans", plan, "price", "previously", index],
                message: `${previous} can't be a previous price of \`${plan}\` here`,
                expected: "its previous prices, each once",
                found: `\`${previous}\``,
                remedy: "remove it from `previously`",
              },
            ],
      );
    }),
};

export const PLATFORM_RULES: readonly PlatformRule[] = [
  knownDefaultPlan,
  knownTrialPlan,
  pricedDefaultPlan,
  pricedTrialPlan,
  displayNameOfPlan,
  trialOfVersion,
  knownWallets,
  wholePrices,
  creditPriceDecimals,
  previousPriceAnother,
  ...SECURITY_RULES,
];

function pricesOf({ plans }: PlatformManifest) {
  return Object.entries(plans).flatMap(([plan, { price }]) =>
    price
      ? [
          { price: price.monthly, path: ["plans", plan, "price", "monthly"] },
          ...(price.previously ?? []).map((previous, index) => ({
            price: previous,
            path: ["plans", plan, "price", "previously", index],
          })),
        ]
      : [],
  );
}

/** Reports a name that doesn't exist, with the name that was probably meant. */
export function unknownName(
  what: string,
  known: Readonly<Record<string, unknown>>,
  name: string,
  path: Path,
  part: Part | undefined = "value",
): readonly RuleDiagnostic[] {
  if (Object.hasOwn(known, name)) return [];
  const names = Object.keys(known);
  const meant = suggest(name, names);
  return [
    {
      path,
      part,
      message: `there is no ${what} \`${name}\``,
      expected: names.length > 0 ? `one of ${names.join(", ")}` : `no ${what}: there are none here`,
      found: `\`${name}\``,
      remedy: meant ? `did you mean \`${meant}\`?` : names.length > 0 ? `name one of them` : "remove it",
    },
  ];
}
