import { wholeUnits } from "../../core/currency.ts";
import type { Objection } from "../finding.ts";
import type { Limit } from "../model.ts";
import { priceOf, pricesOf } from "../price.ts";
import { cheapestFit, within } from "../usage.ts";
import { people } from "./people.ts";
import { unknownName } from "./platform.ts";
import type { OrganizationRule, OrganizationSubject } from "./subject.ts";

const knownPlan: OrganizationRule = {
  name: "known-plan",
  check: ({ manifest, platform }) =>
    manifest.plan === undefined ? [] : unknownName("plan", platform.plans, manifest.plan, ["plan"]),
};

/** An organization stays on a price by naming it, so a price that its plan never had is a slip. */
const priceOfPlan: OrganizationRule = {
  name: "price-of-plan",
  check: ({ manifest, platform, plan }) => {
    if (manifest.price === undefined || plan === undefined || priceOf(platform, plan, manifest)) return [];
    const known = pricesOf(plan).map(({ amount }) => wholeUnits(amount, platform.currency));
    return [
      {
        path: ["price"],
        message:
          known.length === 0
            ? `the plan \`${plan.name}\` is agreed by contract and has no price`
            : `the plan \`${plan.name}\` doesn't cost ${manifest.price}, and never did`,
        expected: known.length === 0 ? "no `price`" : `one of ${known.join(", ")}`,
        found: `\`${manifest.price}\``,
        remedy:
          known.length === 0
            ? "take `price` out"
            : `take \`price\` out to pay ${known[0]}, or add ${manifest.price} to the plan's \`price.previously\``,
      },
    ];
  },
};

const workspacesWithinPlan: OrganizationRule = {
  name: "workspaces-within-plan",
  check: (subject) =>
    overLimit(subject, "workspaces", ["workspaces"], "workspace", "remove a workspace (`state: deleted`)"),
};

const seatsWithinPlan: OrganizationRule = {
  name: "seats-within-plan",
  check: (subject) =>
    overLimit(
      subject,
      "seats",
      [subject.manifest.members?.length ? "members" : "invitations"],
      "seat",
      "take a member or an invitation out",
    ),
};

const customDomainsWithinPlan: OrganizationRule = {
  name: "custom-domains-within-plan",
  check: (subject) =>
    overLimit(subject, "customDomains", ["workspaces"], "custom domain", "take the `domain` off an app"),
};

const perWorkspaceAccessInPlan: OrganizationRule = {
  name: "per-workspace-access-in-plan",
  check: (subject) => {
    const { plan, entitlements, manifest } = subject;
    if (plan === undefined || entitlements === undefined || entitlements.perWorkspaceAccess) return [];
    return people(manifest).flatMap(({ person, path }) =>
      person.workspaces === undefined || person.role === "admin"
        ? []
        : [
            {
              path: [...path, "workspaces"],
              part: "key",
              message: `the plan \`${plan.name}\` has no per-workspace access: every member reaches every workspace`,
              expected: "no `workspaces` on a member",
              found: "a list of workspaces",
              remedy: `${wayUp(subject, "perWorkspaceAccess", true)}, or take \`workspaces\` out`,
            },
          ],
    );
  },
};

const overrideHolds: OrganizationRule = {
  name: "override-holds",
  check: ({ manifest, today }) =>
    Object.entries(manifest.limits ?? {}).flatMap(([limit, override]) =>
      override && override.expires < today
        ? [
            {
              path: ["limits", limit, "expires"],
              message: `the override of \`${limit}\` has expired`,
              expected: `a day from ${today} on`,
              found: `\`${override.expires}\``,
              remedy: "have it approved again until a later day, or take it out and keep to the plan",
            },
          ]
        : [],
    ),
};

const trialOfPlan: OrganizationRule = {
  name: "trial-of-plan",
  check: ({ manifest, platform, plan }) => {
    if (manifest.trial !== true) return [];
    if (platform.trial === null) {
      return [
        {
          path: ["trial"],
          message: `the platform \`${platform.name}\` has no trial`,
          expected: "`trial: false`",
          found: "`true`",
          remedy: "take `trial` out, or give the platform a `trial`",
        },
      ];
    }
    if (plan === undefined || plan.name === platform.trial.plan) return [];
    return [
      {
        path: ["trial"],
        message: `the platform's trial is of the plan \`${platform.trial.plan}\`, and this organization is on \`${plan.name}\``,
        expected: `\`plan: ${platform.trial.plan}\` with a trial`,
        found: `\`plan: ${plan.name}\``,
        remedy: `set \`plan: ${platform.trial.plan}\`, or take \`trial\` out`,
      },
    ];
  },
};

export const PLAN_RULES: readonly OrganizationRule[] = [
  knownPlan,
  priceOfPlan,
  workspacesWithinPlan,
  seatsWithinPlan,
  customDomainsWithinPlan,
  perWorkspaceAccessInPlan,
  overrideHolds,
  trialOfPlan,
];

type CountedLimit = "workspaces" | "seats" | "customDomains";

function overLimit(
  subject: OrganizationSubject,
  limit: CountedLimit,
  path: Objection["path"],
  noun: string,
  wayDown: string,
): readonly Objection[] {
  const { plan, entitlements, usage } = subject;
  if (plan === undefined || entitlements === undefined) return [];
  const use = usage[limit];
  const allowed = entitlements[limit];
  if (within(use, allowed)) return [];
  const source = allowed === plan.entitlements[limit] ? `the plan \`${plan.name}\`` : "the override";
  return [
    {
      path,
      part: "key",
      message: `${source} allows ${amount(allowed, noun)}, and there are ${use}`,
      expected: `at most ${amount(allowed, noun)}`,
      found: String(use),
      remedy: `${wayUp(subject, limit, use)}, or ${wayDown}`,
    },
  ];
}

function amount(limit: Limit, noun: string): string {
  return `${limit} ${noun}${limit === 1 ? "" : "s"}`;
}

/** The cheapest plan that holds everything the organization has, and the override to ask for instead. */
function wayUp(
  { platform, usage, today }: OrganizationSubject,
  limit: string,
  value: number | boolean,
): string {
  const fit = cheapestFit(usage, Object.values(platform.plans));
  const nextYear = `${Number(today.slice(0, 4)) + 1}${today.slice(4)}`.replace("-02-29", "-02-28");
  const override = `ask for \`limits: { ${limit}: { value: ${value}, reason: …, approvedBy: …, expires: ${nextYear} } }\``;
  return fit ? `move to the plan \`${fit.name}\`, ${override}` : `no plan holds this: ${override}`;
}
