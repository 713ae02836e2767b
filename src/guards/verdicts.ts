import type { PlatformConsentModel } from "../model/model.ts";
import type { Guard, GuardItem, GuardKind, Verdict } from "../plan/plan.ts";
import { count } from "../shared/format.ts";
import { REMOVABLE_KINDS, type RemovableKind, type Threshold } from "../shared/thresholds.ts";
import { bestConsent, namesItem, namesPlatformItem, remediesFor } from "./consents.ts";
import { costGuards } from "./costs.ts";
import { type Facts, factsOf, type GuardedStack } from "./facts.ts";

interface Known extends GuardedStack {
  readonly facts: Facts;
}

/**
 * Decides about what the changes of a run take away: whether it stays below the thresholds, and otherwise whether a consent names each
 * of it. Pure.
 *
 * @param stacks all stacks of the run that can be applied, with and without changes
 */
export function verdictsOf(stacks: readonly GuardedStack[]): Guard[] {
  const known = stacks.map((stack) => ({ ...stack, facts: factsOf(stack) }));
  const platforms = [...new Set(known.map(({ platform }) => platform))];
  return platforms.flatMap((platform) => {
    const own = known.filter((stack) => stack.platform === platform);
    return [
      ...platformGuards(platform, own),
      ...own.flatMap(organizationGuards),
      ...runGuards(platform, own),
      ...costGuards(platform, own),
    ];
  });
}

/** What is decided about, before its verdict. */
interface Question {
  readonly kind: GuardKind;
  readonly platform: string;
  readonly organization: string | null;
  readonly text: string;
  /** With the stack that takes it away. */
  readonly items: readonly (GuardItem & { readonly stack: string })[];
  readonly total: number | null;
  readonly most: number;
  readonly today: string;
}

function decided({ kind, platform, organization, text, items, total, most, today }: Question): Guard {
  const open = items.filter(({ consent }) => consent?.isValid !== true);
  const verdict: Verdict = items.length <= most ? "allowed" : open.length === 0 ? "consented" : "refused";
  const isRefused = verdict === "refused";
  return {
    ...{ verdict, kind, platform, organization, text, total, most },
    items: items.map(({ stack: _, ...item }) => item),
    stacks: [...new Set(items.map(({ stack }) => stack))],
    refuses: isRefused ? [...new Set(open.map(({ stack }) => stack))] : [],
    remedies: isRefused ? remediesFor(kind, open, today) : [],
  };
}

/** What always needs a consent of the platform: weaker row security, and the end of Stripe's events. */
function platformGuards(platform: string, stacks: readonly Known[]): Guard[] {
  const weakened = stacks.flatMap((stack) =>
    stack.facts.weakened.map((name) => platformItem("rowSecurity", name, stack)),
  );
  const webhooks = stacks.flatMap((stack) =>
    stack.facts.webhook === undefined ? [] : [platformItem("webhook", stack.facts.webhook, stack)],
  );
  const [today = ""] = stacks.map(({ policy }) => policy.today);
  const of = (kind: GuardKind, items: Question["items"], text: string): Guard[] =>
    items.length === 0
      ? []
      : [decided({ ...{ kind, platform, text, items, today }, organization: null, total: null, most: 0 })];
  return [
    ...of("rowSecurity", weakened, "may let more people see or write rows"),
    ...of(
      "webhook",
      webhooks,
      "removes the endpoint for Stripe's events with its secret, which `tenantry webhook` uses",
    ),
  ].map(onceEach);
}

/** The same table in each workspace is one item. */
function onceEach(guard: Guard): Guard {
  const byName = new Map(guard.items.map((item) => [item.name, item]));
  return { ...guard, items: [...byName.values()] };
}

function platformItem(kind: GuardKind, name: string, { policy, changes: { stack } }: Known) {
  const { consents, today } = policy;
  const names = namesPlatformItem(kind, name);
  return {
    name,
    organization: null,
    consent: bestConsent<PlatformConsentModel>(consents, names, today),
    stack,
  };
}

function organizationItem(kind: GuardKind, name: string, { organization, model, policy, changes }: Known) {
  const consent = bestConsent(model?.consents ?? [], namesItem(kind, name), policy.today);
  return { name, organization, consent, stack: changes.stack };
}

function organizationGuards(stack: Known): Guard[] {
  const { platform, organization, facts, policy } = stack;
  if (organization === null) return [];
  const { today } = policy;
  const of = (kind: GuardKind, names: readonly string[], text: string): Guard[] => {
    if (names.length === 0) return [];
    const items = names.map((name) => organizationItem(kind, name, stack));
    return [decided({ ...{ kind, platform, organization, text, items, today }, total: null, most: 0 })];
  };
  const counted = REMOVABLE_KINDS.flatMap((kind): Guard[] => {
    const [names, total] = [facts.removed[kind], facts.totals[kind]];
    // One line closes the whole organization, so nobody can miss it. In a run, its workspaces count.
    if (names.length === 0 || (kind === "workspaces" && facts.closesWhole)) return [];
    const items = names.map((name) => organizationItem(kind, name, stack));
    const most = mostOf(policy.thresholds.perOrganization[kind], total);
    const text = lossText(kind, names.length, total);
    return [decided({ kind, platform, organization, text, items, total, most, today })];
  });
  return [
    ...of("deletion", facts.deleted, `deletes ${facts.deleted.join(", ")} with all data`),
    ...of(
      "subscription",
      facts.subscription === undefined ? [] : [facts.subscription],
      `ends the paid subscription to ${facts.subscription}`,
    ),
    ...of(
      "owner",
      facts.owner === undefined ? [] : [facts.owner],
      `takes the ownership from ${facts.owner}, who doesn't stay as an admin`,
    ),
    ...counted,
  ];
}

/** What several organizations lose together. One organization has thresholds of its own. */
function runGuards(platform: string, stacks: readonly Known[]): Guard[] {
  return REMOVABLE_KINDS.flatMap((kind): Guard[] => {
    const losing = stacks.filter(({ facts }) => facts.removed[kind].length > 0);
    const [first] = losing;
    if (first === undefined || losing.length < 2) return [];
    const total = stacks.reduce((sum, { facts }) => sum + facts.totals[kind], 0);
    const items = losing.flatMap((stack) =>
      stack.facts.removed[kind].map((name) => organizationItem(kind, name, stack)),
    );
    const { thresholds, today } = first.policy;
    const most = mostOf(thresholds.perRun[kind], total);
    const text = `${lossText(kind, items.length, total)} in ${count(losing.length, "organization")}`;
    return [decided({ kind, platform, organization: null, text, items, total, most, today })];
  });
}

/** The most removals that need no consent. */
function mostOf({ floor, share }: Threshold, total: number): number {
  return Math.max(floor, Math.floor((total * share) / 100));
}

const LOSSES: Readonly<Record<RemovableKind, readonly [verb: string, one: string, many: string]>> = {
  members: ["removes", "person", "people"],
  apiKeys: ["revokes", "API key", "API keys"],
  workspaces: ["closes", "active workspace", "active workspaces"],
  domains: ["removes", "custom domain", "custom domains"],
  connections: ["removes", "connection", "connections"],
};

/** `removes 4 of 6 people` */
function lossText(kind: RemovableKind, removed: number, total: number): string {
  const [verb, one, many] = LOSSES[kind];
  return `${verb} ${removed.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} ${total === 1 ? one : many}`;
}
