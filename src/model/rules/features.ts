import { CURRENCIES } from "@tenantry/core/currencies";
import { ownProperty } from "@tenantry/core/own-property";
import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { Feature } from "../../manifest/platform.ts";
import { costOf, wholeUnits } from "../../shared/currency.ts";
import type { WalletTypeModel } from "../model.ts";
import { unknownName } from "./platform.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule } from "./subject.ts";
import { appsOf, workspacesOf } from "./workspaces.ts";

const knownWallets: OrganizationRule = {
  name: "known-wallet",
  check: ({ manifest, platform }) =>
    Object.keys(manifest.wallets ?? {}).flatMap((wallet) =>
      unknownName("wallet", platform.wallets, wallet, ["wallets", wallet], "key"),
    ),
};

/** A reload buys either a fixed amount or up to a balance. A single one fits the monthly cap, and Stripe charges its price. */
const autoReloadComplete: OrganizationRule = {
  name: "auto-reload",
  check: ({ manifest, platform }) =>
    Object.entries(manifest.wallets ?? {}).flatMap(([wallet, { autoReload }]) => {
      if (typeof autoReload !== "object") return [];
      const { below, add, upTo, monthlyCap } = autoReload;
      const path = ["wallets", wallet, "autoReload"];
      if ((add === undefined) === (upTo === undefined)) {
        return [
          {
            path,
            part: "key" as const,
            message: `the reload of \`${wallet}\` ${add === undefined ? "has no amount" : "has two amounts"}`,
            expected: "exactly one of `add` and `upTo`",
            found: add === undefined ? "neither" : "both",
            remedy: add === undefined ? "add `add: 2000` or `upTo: 5000`" : "remove one of the two",
          },
        ];
      }
      if (upTo !== undefined && upTo <= below) {
        return [
          {
            path: [...path, "upTo"],
            message: `a reload below ${below} up to ${upTo} would buy nothing`,
            expected: `more than ${below}`,
            found: `\`${upTo}\``,
            remedy: "raise `upTo` above `below`",
          },
        ];
      }
      const least = add ?? (upTo ?? 0) - below;
      if (monthlyCap === undefined || least <= monthlyCap) {
        const tooSmall = belowMinimumCharge(autoReload, least, ownProperty(platform.wallets, wallet), path);
        return tooSmall === undefined ? [] : [tooSmall];
      }
      return [
        {
          path: [...path, "monthlyCap"],
          message: `one reload of ${least} credits exceeds the monthly cap`,
          expected: `at least ${least}`,
          found: `\`${monthlyCap}\``,
          remedy: "raise `monthlyCap`, or lower the reload",
        },
      ];
    }),
};

type AutoReload = Extract<NonNullable<OrganizationManifest["wallets"]>[string]["autoReload"], object>;

/** Stripe declines amounts below the currency's minimum. */
function belowMinimumCharge(
  { below, add }: AutoReload,
  least: number,
  wallet: WalletTypeModel | undefined,
  path: readonly (string | number)[],
): RuleDiagnostic | undefined {
  if (wallet === undefined || least >= (wallet.minimumReload ?? Number.POSITIVE_INFINITY)) return undefined;
  const { amount, currency } = wallet.creditPrice;
  if (wallet.minimumReload === null)
    return {
      path: [...path],
      part: "key",
      message: "credits that cost nothing can't be bought",
      expected: "a wallet whose credits have a price",
      found: `a price of 0 ${currency}`,
      remedy: "remove `autoReload`, or give the platform's wallet a price",
    };
  const key = add === undefined ? "upTo" : "add";
  const most = add === undefined ? below + wallet.minimumReload : wallet.minimumReload;
  const minimum = wholeUnits(CURRENCIES[currency].minimum, currency);
  return {
    path: [...path, key],
    message: `a reload of ${credits(least)} costs ${wholeUnits(costOf(least, amount, currency), currency)} ${currency}, and Stripe charges no less than ${minimum}`,
    expected: `at least ${credits(wallet.minimumReload)} in each reload`,
    found: credits(least),
    remedy: `set \`${key}\` to ${most} or more`,
  };
}

function credits(number: number): string {
  return number === 1 ? "1 credit" : `${number} credits`;
}

const llmProviderKey: OrganizationRule = {
  name: "llm-provider-key",
  check: ({ manifest }) => {
    const provider = manifest.llmProvider;
    if (provider === undefined || (provider.kind === "hosted") === (provider.apiKey === undefined)) return [];
    const hosted = provider.kind === "hosted";
    return [
      {
        path: hosted ? ["llmProvider", "apiKey"] : ["llmProvider"],
        part: "key",
        message: hosted
          ? "the platform's own models need no key"
          : `models of \`${provider.kind}\` need a key`,
        expected: hosted ? "`kind: hosted` alone" : "`apiKey: { secret: <name> }`",
        found: hosted ? "a key" : "no key",
        remedy: hosted
          ? "remove `apiKey`, or name the model provider in `kind`"
          : "add `apiKey: { secret: <name> }`, or set `kind: hosted`",
      },
    ];
  },
};

const knownLlmProvider: OrganizationRule = {
  name: "known-llm-provider",
  check: ({ manifest: { llmProvider }, platform: { llmProviders } }) =>
    llmProvider === undefined || llmProviders === null
      ? []
      : unknownName(
          "LLM provider",
          Object.fromEntries(llmProviders.map((kind) => [kind, kind])),
          llmProvider.kind,
          ["llmProvider", "kind"],
        ),
};

/** Organizations can use only the features that the platform offers. */
const featureOfPlatform: OrganizationRule = {
  name: "feature-of-platform",
  check: ({ manifest, features, platform }) =>
    usedFeatures(manifest).flatMap(({ feature, path }): RuleDiagnostic[] =>
      features.has(feature)
        ? []
        : [
            {
              path,
              part: "key",
              message: `the platform \`${platform.name}\` has no \`${feature}\``,
              expected: `features of the platform: ${[...features].join(", ") || "none"}`,
              found: `\`${path.at(-1)}\``,
              remedy: `remove it, or add \`${feature}\` to the platform's \`features\``,
            },
          ],
    ),
};

export const FEATURE_RULES: readonly OrganizationRule[] = [
  knownWallets,
  autoReloadComplete,
  knownLlmProvider,
  llmProviderKey,
  featureOfPlatform,
];

const WORKSPACE_FEATURES = ["apiKeys", "connections", "apps", "email", "slack", "cron"] as const;

function usedFeatures(manifest: OrganizationManifest): { feature: Feature; path: (string | number)[] }[] {
  return [
    ...(["invitations", "llmProvider"] as const)
      .filter((feature) => manifest[feature] !== undefined)
      .map((feature) => ({ feature, path: [feature] })),
    // Claim tokens are part of the feature `invitations`.
    ...(manifest.claimTokens === undefined
      ? []
      : [{ feature: "invitations" as const, path: ["claimTokens"] }]),
    ...workspacesOf(manifest).flatMap(({ workspace, path }) =>
      WORKSPACE_FEATURES.filter((feature) => workspace[feature] !== undefined).map((feature) => ({
        feature,
        path: [...path, feature],
      })),
    ),
    ...appsOf(manifest).map(({ path }) => ({ feature: "customDomains" as const, path })),
  ];
}
