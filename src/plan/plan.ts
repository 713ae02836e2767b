import type { Currency } from "@tenantry/core/currencies";
import type { EngineDiagnostic } from "@tenantry/embedded-engine/interface";
import type { Outcome } from "../changes/outcome.ts";
import type { PropertyChange } from "../changes/property-change.ts";
import type { Removal } from "../changes/removals.ts";
import type { Action, Step } from "../changes/stack.ts";
import type { Money } from "../model/model.ts";

/** The version of the format that `docs/plan.schema.json` describes. It rises when a field changes its meaning or is removed. */
export const PLAN_VERSION = 1;

/** The subjects of events. Each has counts. */
export const SUBJECTS = [
  "databases",
  "organizations",
  "workspaces",
  "people",
  "access",
  "keys",
  "claimTokens",
  "invitations",
  "rowSecurity",
  "privileges",
  "plans",
  "billing",
  "wallets",
  "credits",
  "limits",
  "connections",
  "secrets",
  "apps",
  "cronJobs",
  "schema",
  "settings",
  "credentials",
] as const;

/** What an event is about. */
export type Subject = (typeof SUBJECTS)[number];

/** The actions of events. */
export const EVENT_ACTIONS = [
  "added",
  "removed",
  "changed",
  "rotated",
  "suspended",
  "archived",
  "activated",
  "forgotten",
] as const;

/** What happens to it. `forgotten`: only the record of a thing that no longer exists is removed. */
export type EventAction = (typeof EVENT_ACTIONS)[number];

/** The dangers, the worst first. */
export const DANGERS = ["data", "access", "money"] as const;

/** Why a reviewer should look twice: data is lost, access is opened, or somebody pays more, less or nothing. */
export type Danger = (typeof DANGERS)[number];

/** One of the things that an event is about, such as one person of those that leave. */
export interface EventItem {
  readonly name: string;
  /** What distinguishes it, such as a role; empty if nothing does. */
  readonly note: string;
  /** The workspaces that it concerns, if it isn't the whole organization. */
  readonly workspaces: readonly string[];
}

/** Something that happens to a platform, an organization or a workspace, in the words of the domain. */
export interface PlanEvent {
  readonly subject: Subject;
  readonly action: EventAction;
  /** A sentence without its subject: `removes 3 people`. It may contain text that people typed: escape it. */
  readonly text: string;
  readonly danger: Danger | null;
  /** What the event is about, by name. Empty if the text says all. */
  readonly items: readonly EventItem[];
  /** The workspaces where it happens; empty if it concerns the whole organization or platform. */
  readonly workspaces: readonly string[];
  /** Values before and after that the text doesn't contain. */
  readonly details: readonly PropertyChange[];
  /** The worst status of its operations. */
  readonly status: Step["status"];
  /** The URNs of the resources whose operations cause it. */
  readonly resources: readonly string[];
}

/** An operation that no event describes. */
export interface OtherChange {
  /** The kind of resource in words. */
  readonly resource: string;
  /** The resource's name in the program. */
  readonly name: string;
  readonly action: Action;
  readonly changes: readonly PropertyChange[];
  readonly status: Step["status"];
  readonly urn: string;
}

/** What happens to a platform itself, to an organization or to a workspace. */
export interface Happening {
  /** Dangers first. */
  readonly events: readonly PlanEvent[];
  readonly other: readonly OtherChange[];
}

/** A workspace with changes. */
export interface WorkspacePlan extends Happening {
  /** The slug. */
  readonly name: string;
}

/** What recurs each month, in the currency's smallest unit. */
export interface Monthly {
  readonly currency: Currency;
  readonly before: number;
  readonly after: number;
  readonly delta: number;
}

/** What Stripe would charge or invoice at once. */
export interface DueToday {
  /** In the currency's smallest unit, with discounts, taxes and prorations; null if it isn't known. */
  readonly amount: number | null;
  readonly currency: Currency | null;
  /** Why the amount isn't known; null if it is. */
  readonly reason: string | null;
}

/** One stack: an organization, or a platform's own stack. */
export interface StackPlan extends Happening {
  /** `agntdata.acme`, or `agntdata.platform`. */
  readonly stack: string;
  readonly outcome: Outcome;
  /** Workspaces with changes. */
  readonly workspaces: readonly WorkspacePlan[];
  /** Changes of the stack's outputs. */
  readonly outputs: readonly PropertyChange[];
  readonly counts: Counts;
  /** The part of `counts` that a run completed. Empty in a preview. */
  readonly done: Counts;
  /** What the organization pays monthly at list prices; null for a platform's own stack, and where no price is known. */
  readonly revenue: Monthly | null;
  /** What its databases cost monthly at Supabase; null for a stack without databases. */
  readonly infrastructure: Monthly | null;
  /** What the costs don't contain, because no price is known. */
  readonly notPriced: readonly string[];
  /** Null if the subscription doesn't change. */
  readonly due: DueToday | null;
  /** What was removed from the YAML but still exists. If there is any, the changes are refused. */
  readonly removals: readonly Removal[];
  /** Warnings and errors. */
  readonly problems: readonly EngineDiagnostic[];
}

/** An organization with changes or problems. */
export interface OrganizationPlan extends StackPlan {
  readonly name: string;
}

/** A platform with its organizations. */
export interface PlatformPlan {
  readonly name: string;
  /** The platform's own stack; null if it isn't part of the plan, or has no changes. */
  readonly own: StackPlan | null;
  /** Organizations with changes or problems. */
  readonly organizations: readonly OrganizationPlan[];
  /** The number of stacks without changes, which are left out. */
  readonly unchanged: number;
}

/** Something that has no known price. */
export interface NotPriced {
  /** `compute 24xlarge` */
  readonly what: string;
  readonly number: number;
}

/** What guards decide about, in the order in which verdicts are listed. */
export const GUARD_KINDS = [
  "deletion",
  "subscription",
  "owner",
  "rowSecurity",
  "webhook",
  "members",
  "apiKeys",
  "workspaces",
  "domains",
  "connections",
  "revenue",
  "infrastructure",
] as const;

/** What a guard decides about. */
export type GuardKind = (typeof GUARD_KINDS)[number];

/** The decisions of guards. */
export const VERDICTS = ["refused", "consented", "allowed"] as const;

/** What a guard decides. `allowed`: no consent is needed, because a threshold isn't exceeded. */
export type Verdict = (typeof VERDICTS)[number];

/** Something that a run would take away. */
export interface GuardItem {
  readonly name: string;
  /** The organization that loses it; null if it belongs to the platform. */
  readonly organization: string | null;
  /** The consent that names it: a valid one, or else one that has expired; null if no consent does. */
  readonly consent: GuardConsent | null;
}

/** A consent that names an item. */
export interface GuardConsent {
  readonly reason: string;
  readonly approvedBy: string;
  /** ISO date, the last day on which it is valid. */
  readonly expires: string;
  readonly isValid: boolean;
}

/** A guard's decision about what a run would take away from an organization, or from a platform and its organizations. */
export interface Guard {
  readonly verdict: Verdict;
  readonly kind: GuardKind;
  readonly platform: string;
  /** The organization; null if the guard is about the platform, or about all organizations of the run together. */
  readonly organization: string | null;
  /** `removes 4 of 6 people` */
  readonly text: string;
  readonly items: readonly GuardItem[];
  /** The number of things of the kind before the run; null where it has no meaning. */
  readonly total: number | null;
  /** The most items that need no consent; 0 for what always needs one. */
  readonly most: number;
  /** The stacks that would take them away. */
  readonly stacks: readonly string[];
  /** Those of them that are refused. */
  readonly refuses: readonly string[];
  /** The entries to add to the `consents` of manifests. Empty unless refused. */
  readonly remedies: readonly GuardRemedy[];
}

/** An entry for the `consents` of a manifest. */
export interface GuardRemedy {
  /** `orgs/acme.yaml` */
  readonly file: string;
  /** An entry of a list in YAML. It may contain text that people typed: escape it. */
  readonly yaml: string;
}

/** The number of things by subject and action, and of operations that no event describes (`other`). What doesn't occur is absent. */
export type Counts = Readonly<
  Partial<Record<Subject | "other", Readonly<Partial<Record<EventAction, number>>>>>
>;

/**
 * What a run does or did, in the words of the domain. The terminal, `--json`, the comment and the page show this object. It is
 * JSON-serializable and contains no secret. Texts may contain what people typed, so each form escapes them.
 */
export interface ChangePlan {
  readonly version: typeof PLAN_VERSION;
  /** Whether a run applied the changes. False in a preview. */
  readonly applied: boolean;
  readonly platforms: readonly PlatformPlan[];
  readonly counts: Counts;
  /** The part of `counts` that a run completed. Empty in a preview. */
  readonly done: Counts;
  /** The number of events by danger. */
  readonly dangers: Readonly<Record<Danger, number>>;
  /** By currency, for the organizations whose price is known, with and without changes. */
  readonly revenue: readonly Monthly[];
  /** By currency, for all stacks, with and without changes. */
  readonly infrastructure: readonly Monthly[];
  /** What is due today, by currency, as far as it is known. */
  readonly due: readonly Money[];
  /** What has no known price, with the number of times that it occurs. */
  readonly notPriced: readonly NotPriced[];
  /** The number of organizations whose revenue isn't known, such as those that pay by contract. */
  readonly unpriced: number;
  /** The decisions of guards about removals, refused ones first. */
  readonly guards: readonly Guard[];
}
