import type { Path } from "../../manifest/locate.ts";
import { wholeUnits } from "../../shared/currency.ts";
import {
  COUNTED_LIMITS,
  type CountedLimit,
  ENTITLEMENTS,
  type Entitlements,
  type Limit,
} from "../../shared/entitlements.ts";
import { listNames } from "../../shared/list-names.ts";
import { dayOf } from "../../shared/today.ts";
import type { PlanModel } from "../model.ts";
import { declaredOverrides, isExpired, type Overridden } from "../overrides.ts";
import { newestVersions } from "../plan-versions.ts";
import { limitOf } from "../platform.ts";
import { priceOf, pricesOf } from "../price.ts";
import { cheapestPlanFor, countedNames, isWithinLimit } from "../usage.ts";
import { people } from "./people.ts";
import { unknownName } from "./platform.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule, OrganizationSubject } from "./subject.ts";

const knownPlan: OrganizationRule = {
  name: "known-plan",
  check: ({ manifest, platform }) =>
    manifest.plan === undefined ? [] : unknownName("plan", platform.plans, manifest.plan, ["plan"]),
};

/** `price` keeps a previous price, so it must be one that the plan has or had. */
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
            : `the plan \`${plan.name}\` has never cost ${manifest.price}`,
        expected: known.length === 0 ? "no `price`" : `one of ${known.join(", ")}`,
        found: `\`${manifest.price}\``,
        remedy:
          known.length === 0
            ? "remove `price`"
            : `remove \`price\` to pay ${known[0]}, or add ${manifest.price} to the plan's \`price.previously\``,
      },
    ];
  },
};

/** A date in the future would also resume a later cancellation. */
const resumeIsPast: OrganizationRule = {
  name: "resume-is-past",
  check: ({ manifest: { billing }, today }) =>
    billing?.resume === undefined || billing.resume <= today
      ? []
      : [
          {
            path: ["billing", "resume"],
            message: "`resume` is in the future, before any cancellation that it could resume",
            expected: `${today} or earlier`,
            found: `\`${billing.resume}\``,
            remedy: "use today's date, or the date of the cancellation",
          },
        ],
};

const workspacesWithinPlan: OrganizationRule = {
  name: "workspaces-within-plan",
  check: (subject) => overLimit(subject, "workspaces", ["workspaces"], "set `state: deleted` on"),
};

const seatsWithinPlan: OrganizationRule = {
  name: "seats-within-plan",
  check: (subject) =>
    overLimit(subject, "seats", [subject.manifest.members?.length ? "members" : "invitations"], "remove"),
};

const customDomainsWithinPlan: OrganizationRule = {
  name: "custom-domains-within-plan",
  check: (subject) => overLimit(subject, "customDomains", ["workspaces"], "remove"),
};

const perWorkspaceAccessInPlan: OrganizationRule = {
  name: "per-workspace-access-in-plan",
  check: (subject) => {
    const { plan, entitlements } = subject;
    if (plan === undefined || entitlements === undefined || entitlements.perWorkspaceAccess) return [];
    return singleGrants(subject).map((path) => ({
      path,
      part: "key" as const,
      message: `the plan \`${plan.name}\` has no per-workspace access: every member reaches every workspace`,
      expected: `no \`${path.at(-1)}\` on a member`,
      found: "a grant of individual workspaces",
      remedy: `${wayUp(subject, "perWorkspaceAccess", true)}, or remove \`${path.at(-1)}\``,
    }));
  },
};

/** How long before its last day an override is reported, in days. */
const NOTICE_DAYS = 30;

/**
 * Warns about an override in its last days and after them. It isn't an error, because a date must not stop the organization's
 * stack.
 */
const overrideHolds: OrganizationRule = {
  name: "override-holds",
  check: (subject) => {
    const { manifest, plan, today } = subject;
    const noticed = daysAfter(today, NOTICE_DAYS);
    return declaredOverrides(manifest.limits).flatMap(([limit, override]) => {
      const expired = isExpired(override, today);
      if (plan === undefined || override.expires >= noticed) return [];
      if (!expired && !lifts(override.value, plan.entitlements[limit])) return [];
      const said = expired ? "has expired" : `expires on ${override.expires}`;
      return [
        {
          severity: "warning" as const,
          path: ["limits", limit, "expires"],
          message: `the override of \`${limit}\` ${said}; ${ruleAfter(subject, plan, limit)}`,
          expected: `${noticed} or later`,
          found: `\`${override.expires}\``,
          remedy: "have it approved again with a later date, or remove it and stay within the plan",
        },
      ];
    });
  },
};

/** What applies after an override's last day, as `overridesInEffect` decides it. */
function ruleAfter({ usage }: OrganizationSubject, plan: PlanModel, limit: Overridden): string {
  if (limit === "perWorkspaceAccess")
    return "after that day it stays in effect until it is removed, because its end changes who enters which workspace";
  const planned = plan.entitlements[limit];
  if (planned === null) return "after that day the plan applies, which has no limit";
  const isExceeded = isCounted(limit) && !isWithinLimit(usage[limit], planned);
  const kept = isExceeded ? `: the ${usage[limit]} in use stay, and no more can be added` : "";
  return `after that day the plan's limit of ${planned} applies${kept}`;
}

function isCounted(limit: Overridden): limit is CountedLimit {
  return COUNTED_LIMITS.some((counted) => counted === limit);
}

function daysAfter(day: string, days: number): string {
  return dayOf(new Date(Date.parse(day) + days * DAY_MILLISECONDS));
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Warns about overrides that are no longer needed, because the plan allows as much. */
const overrideLifts: OrganizationRule = {
  name: "override-lifts",
  check: ({ manifest, plan, today }) =>
    Object.entries(manifest.limits ?? {}).flatMap(([limit, override]) => {
      if (override === undefined || isExpired(override, today) || plan === undefined) return [];
      const planned = plan.entitlements[limit as keyof Entitlements];
      if (lifts(override.value, planned)) return [];
      return [
        {
          severity: "warning",
          path: ["limits", limit, "value"],
          message: `the override of \`${limit}\` has no effect: the plan \`${plan.name}\` has ${planned === true ? "it" : (planned ?? "no limit")}`,
          expected: "more than the plan allows",
          found: `\`${override.value}\``,
          remedy: "remove the override",
        },
      ];
    }),
};

function lifts(value: number | boolean | "unlimited", planned: Limit | boolean): boolean {
  if (planned === null || planned === true) return false;
  return planned === false ? value === true : value === "unlimited" || Number(value) > planned;
}

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
          remedy: "remove `trial`, or add a `trial` to the platform",
        },
      ];
    }
    if (plan === undefined || plan.plan === platform.trial.plan) return [];
    return [
      {
        path: ["trial"],
        message: `the platform's trial is for the plan \`${platform.trial.plan}\`, but this organization is on \`${plan.name}\``,
        expected: `\`plan: ${platform.trial.plan}\` with a trial`,
        found: `\`plan: ${plan.name}\``,
        remedy: `set \`plan: ${platform.trial.plan}\`, or remove \`trial\``,
      },
    ];
  },
};

export const PLAN_RULES: readonly OrganizationRule[] = [
  knownPlan,
  priceOfPlan,
  resumeIsPast,
  workspacesWithinPlan,
  seatsWithinPlan,
  customDomainsWithinPlan,
  perWorkspaceAccessInPlan,
  overrideHolds,
  overrideLifts,
  trialOfPlan,
];

/** The paths at which members, invitations and claim tokens are limited to individual workspaces. */
function singleGrants({ manifest }: OrganizationSubject): readonly Path[] {
  return [
    ...people(manifest)
      .filter(({ person }) => person.role === "member" && person.workspaces !== undefined)
      .map(({ path }) => [...path, "workspaces"]),
    ...Object.entries(manifest.claimTokens ?? {})
      .filter(([, token]) => token.role === "member" && token.workspace !== undefined)
      .map(([name]) => ["claimTokens", name, "workspace"]),
  ];
}

/** Reports a use above its limit, such as after a downgrade, and names everything that could be removed. */
function overLimit(
  subject: OrganizationSubject,
  limit: CountedLimit,
  path: Path,
  wayDown: string,
): readonly RuleDiagnostic[] {
  const { manifest, today, plan, entitlements, usage } = subject;
  if (plan === undefined || entitlements === undefined) return [];
  const { noun } = ENTITLEMENTS[limit];
  const use = usage[limit];
  const allowed = entitlements[limit];
  if (isWithinLimit(use, allowed)) return [];
  // What an override allowed stays after its last day. A run refuses additions.
  const lapsed = lapsedOverride(subject, limit);
  if (lapsed !== undefined && isWithinLimit(use, limitOf(lapsed.value))) return [];
  const source = allowed === plan.entitlements[limit] ? `the plan \`${plan.name}\`` : "the override";
  const names = countedNames(manifest, today, limit);
  const surplus = use - Number(allowed);
  return [
    {
      path,
      part: "key",
      message: `${source} allows ${amount(allowed, noun)}, and there are ${use}`,
      expected: `at most ${amount(allowed, noun)}`,
      found: String(use),
      remedy: `${wayUp(subject, limit, use)}, or ${wayDown} ${surplus < names.length ? surplus : "all"} of ${listNames(names)}`,
    },
  ];
}

function lapsedOverride({ manifest, today }: OrganizationSubject, limit: CountedLimit) {
  const override = manifest.limits?.[limit];
  return override !== undefined && isExpired(override, today) ? override : undefined;
}

function amount(limit: Limit, noun: string): string {
  return `${limit} ${noun}${limit === 1 ? "" : "s"}`;
}

/** The remedy for a use above its limit: the cheapest plan that fits, or an override. */
function wayUp(
  { platform, plan, usage, today }: OrganizationSubject,
  limit: string,
  value: number | boolean,
): string {
  const fit = cheapestPlanFor(usage, [
    ...newestVersions(platform.plans),
    ...(plan === undefined ? [] : [plan]),
  ]);
  const nextYear = `${Number(today.slice(0, 4)) + 1}${today.slice(4)}`.replace("-02-29", "-02-28");
  const override = `ask for \`limits: { ${limit}: { value: ${value}, reason: …, approvedBy: …, expires: ${nextYear} } }\``;
  if (fit === undefined) return `no plan allows this: ${override}`;
  return fit.name === plan?.name
    ? `remove the override, which allows less than \`${fit.name}\``
    : `move to the plan \`${fit.name}\`, ${override}`;
}
