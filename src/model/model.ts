import type { Currency } from "@tenantry/core/currencies";
import type { OrganizationCollection, WorkspaceCollection } from "../shared/collections.ts";
import type { CostPolicy } from "../shared/cost-limits.ts";
import type { DomainRecord } from "../shared/domain-record.ts";
import type { Entitlements, Limit } from "../shared/entitlements.ts";
import type { LifecycleState } from "../shared/lifecycle.ts";
import type { ComputeSize, Region } from "../shared/supabase-catalogue.ts";
import type { ByKind, Thresholds } from "../shared/thresholds.ts";
import type { BillingModel } from "./billing.ts";

// The resolved model: manifests with all defaults, plans, limits and ids resolved for one day. It is plain JSON without secrets.
// Everything after the manifests (the Pulumi program, changes, `verify`) reads this and never a manifest.

/** A role in an organization. */
type Role = "owner" | "admin" | "member";

/** The name of a wallet on the platform, such as `data`. */
type WalletName = string;

/** An amount of money. */
export interface Money {
  /** In the smallest unit of the currency. */
  readonly amount: number;
  /** The ISO 4217 code in lower case, as in Stripe. */
  readonly currency: Currency;
}

/** A monthly price. Its terms never change. */
export interface PriceModel extends Money {
  /** Stripe's lookup key. It contains amount and currency, so it never changes: `<platform>--<plan>--monthly--usd-4900`. */
  readonly lookupKey: string;
}

/** A version of a plan. */
export interface PlanModel {
  /** `launch` for the first version of a plan, `launch@2` for the second. */
  readonly name: string;
  /** The plan's name without the version. */
  readonly plan: string;
  /** Counts from 1. */
  readonly version: number;
  /** All versions of a plan share it. */
  readonly displayName: string;
  /** Null for a plan that is agreed by contract and has no list price. */
  readonly price: PriceModel | null;
  /** Earlier prices that organizations may still pay. */
  readonly previousPrices: readonly PriceModel[];
  /** The id of the version's Stripe product, which tenantry chooses: `<platform>_<plan>`, then `<platform>_<plan>_v2`. */
  readonly productId: string;
  /** Credits granted each month, by wallet. */
  readonly credits: Readonly<Record<WalletName, number>>;
  readonly entitlements: Entitlements;
  /** Its trial; null if the platform's trial is of another plan. */
  readonly trial: TrialModel | null;
}

/** A trial of a plan. */
export interface TrialModel {
  /** The plan's name without a version. */
  readonly plan: string;
  readonly days: number;
  /** Credits granted once, when the trial starts, by wallet. */
  readonly credits: Readonly<Record<WalletName, number>>;
}

/** A Supabase project. */
interface ProjectModel {
  /** The Supabase project's name, unique in its Supabase organization. */
  readonly name: string;
  /** The slug of the Supabase organization. */
  readonly organization: string;
  readonly region: Region;
  readonly compute: ComputeSize;
}

/** CIDR ranges that may connect. If both lists are empty, nobody can. */
export interface AllowedRanges {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

/** The security settings of a platform's projects. */
export interface SecurityModel {
  /** The addresses that may connect to the databases. */
  readonly network: { readonly controlPlane: AllowedRanges; readonly workspaces: AllowedRanges };
  /** Whether databases refuse connections without TLS. */
  readonly tlsEnforced: boolean;
  /** Whether Realtime has public channels. */
  readonly publicChannels: boolean;
  /** Ways to sign in to the control plane besides e-mail, in the words of Supabase's API. */
  readonly signIn: readonly string[];
}

/** A platform: a SaaS product whose customers are organizations. */
export interface PlatformModel {
  readonly name: string;
  /** A UUID, derived from the name. */
  readonly id: string;
  /** The name of its own stack: `<platform>.platform`. */
  readonly stack: string;
  readonly displayName: string;
  readonly currency: Currency;
  /** The control plane's project. */
  readonly project: ProjectModel;
  readonly security: SecurityModel;
  /** The endpoint for Stripe's events, and the version of its secret; null for none. */
  readonly webhook: { readonly url: string; readonly version: number } | null;
  /** The reason why workspaces stay open when no process confirms who may enter; null if they close. */
  readonly staysOpen: string | null;
  /** By name, each version of a plan by itself. */
  readonly plans: Readonly<Record<string, PlanModel>>;
  /** The name of a version. */
  readonly defaultPlan: string;
  readonly trial: TrialModel | null;
  /** By name. Empty on a platform without wallets. */
  readonly wallets: Readonly<Record<WalletName, WalletTypeModel>>;
  /** The LLM providers that organizations may choose; `hosted` is the platform's own. Null allows any. */
  readonly llmProviders: readonly string[] | null;
  /** The suffix of the apps' URLs, such as `camelai.example`; null if the platform gives apps no URL. */
  readonly appsDomain: string | null;
  /** The thresholds above which removals need a consent. */
  readonly guards: Thresholds;
  /** The limits above which a run may not change revenue and infrastructure. */
  readonly cost: CostPolicy;
  readonly consents: readonly PlatformConsentModel[];
}

/** A member of an organization, and the workspaces that this person may enter. */
export interface MemberModel {
  /** Lower case. */
  readonly email: string;
  readonly role: Role;
  /** Slugs, sorted. Owners and admins enter every workspace; members too, unless the plan has per-workspace access. */
  readonly workspaces: readonly string[];
  /** False if the plan has per-workspace access and the manifest doesn't say which workspaces: those of the member stay. */
  readonly managesWorkspaces: boolean;
  /** A GitHub user name. */
  readonly github: string | null;
}

/** An open invitation. */
export interface InvitationModel {
  /** Lower case. */
  readonly email: string;
  readonly role: Exclude<Role, "owner">;
  readonly workspaces: readonly string[];
  /** ISO date, the last day on which it can be accepted. */
  readonly expires: string;
}

/** A token with which somebody can join an organization. */
interface ClaimTokenModel {
  readonly role: Exclude<Role, "owner">;
  /** The slug of the workspace that it opens; null for none. */
  readonly workspace: string | null;
  /** The only address that can claim it, in lower case; null for anyone with a verified address. */
  readonly email: string | null;
  /** ISO date, the last day on which it can be claimed. */
  readonly expires: string;
}

/** Whether and how a wallet buys credits when its balance is low. Amounts are in credits. */
export type AutoReloadModel =
  | { readonly enabled: false }
  | {
      readonly enabled: true;
      /** A balance below this triggers a reload. */
      readonly below: number;
      /** Exactly one of `add` and `upTo` is set. */
      readonly add: number | null;
      readonly upTo: number | null;
      /** The most credits to buy in a calendar month; null for no limit. */
      readonly monthlyCap: number | null;
    };

/** What a wallet of the platform holds. */
export interface WalletTypeModel {
  /** The price of one credit. The amount may be a fraction of the smallest unit. */
  readonly creditPrice: Money;
  /** The fewest credits that a reload can buy, because Stripe has a minimum charge. Null if credits cost nothing. */
  readonly minimumReload: number | null;
}

/** An organization's wallet. */
export interface WalletModel {
  readonly autoReload: AutoReloadModel;
}

/** A reference to a secret by its name. Only the Pulumi program reads the value. */
export interface SecretReference {
  readonly secret: string;
}

/** The LLM provider of an organization: the platform's own, or another one with its key. */
export type LlmProviderModel =
  | { readonly kind: "hosted" }
  | { readonly kind: string; readonly apiKey: SecretReference };

/** A key to the product's API. */
export interface ApiKeyModel {
  /** A label such as `2026-11`. Changing it rotates the key. Null until the first rotation. */
  readonly rotate: string | null;
  /** How long the previous value stays valid after a rotation, in seconds. */
  readonly graceSeconds: number;
}

/** A workspace's connection to another service. */
export interface ConnectionModel {
  /** The service, such as `bigquery`. */
  readonly kind: string;
  readonly secret: SecretReference;
  /** The connection of the same organization that it was copied from, `<workspace>/<connection>`; null for none. */
  readonly cloneOf: string | null;
}

/** An app that a workspace publishes. */
export interface AppModel {
  /** The host name under the platform's suffix; null if the platform gives apps no URL. */
  readonly url: string | null;
  /** The custom domain in lower case, without a trailing dot; null for none. */
  readonly domain: string | null;
  /** The TXT record that proves the ownership of the custom domain; null without one. */
  readonly proof: DomainRecord | null;
}

/** A task that a workspace repeats. */
interface CronJobModel {
  /** A cron expression with five fields, in UTC. */
  readonly schedule: string;
  /** The task in words. */
  readonly task: string;
}

/** A workspace of an organization. */
export interface WorkspaceModel {
  /** The slug. */
  readonly name: string;
  /** Earlier names, the oldest first. */
  readonly previously: readonly string[];
  /** A UUID, derived from the first name and the generation. */
  readonly id: string;
  /** Counts from 1. A name that is used again after its deletion has the next generation. */
  readonly generation: number;
  readonly displayName: string;
  /** Never more active than the organization's state. */
  readonly state: LifecycleState;
  readonly project: ProjectModel;
  /** The collections that the manifest leaves out. They are empty here, and what exists of them stays. */
  readonly unmanaged: readonly WorkspaceCollection[];
  readonly apiKeys: Readonly<Record<string, ApiKeyModel>>;
  readonly connections: Readonly<Record<string, ConnectionModel>>;
  readonly apps: Readonly<Record<string, AppModel>>;
  /** The address at which the workspace receives e-mail; null for none. */
  readonly email: string | null;
  readonly slack: { readonly team: string; readonly channel: string } | null;
  readonly cron: Readonly<Record<string, CronJobModel>>;
  /** ISO date, the last day on which an archived workspace is kept. After it, `validate` warns; null for no end. */
  readonly keepUntil: string | null;
  /** ISO date, the last day of a temporary workspace. After it, `validate` warns; null for no end. */
  readonly expires: string | null;
}

/** Who approved an exception, and until when. */
interface ApprovalModel {
  readonly reason: string;
  readonly approvedBy: string;
  /** ISO date, the last day on which it is valid. */
  readonly expires: string;
}

/** A consent to delete an organization or a workspace whose state is `deleted`, or to remove what a guard would refuse. */
export interface ConsentModel extends ApprovalModel {
  /** What may be deleted: `acme`, `acme/spike` or `acme/spike@2`; null if it is a consent to removals. */
  readonly delete: string | null;
  /** What may be removed, by name; nothing if it is a consent to a deletion. */
  readonly remove: ConsentedRemovals;
}

/** What a consent lets go, by name. */
export interface ConsentedRemovals extends ByKind<readonly string[]> {
  /** The e-mail address of the former owner in lower case; null for none. */
  readonly owner: string | null;
  /** The plan whose paid subscription ends; null for none. */
  readonly subscription: string | null;
}

/** A consent to what a guard would refuse on the platform. */
export interface PlatformConsentModel extends ApprovalModel {
  /** The tables and functions whose row security may get weaker: `workspace/public.chats`. */
  readonly weaken: readonly string[];
  /** The URL of the webhook's endpoint that may be removed; null for none. */
  readonly webhook: string | null;
}

/** A declared override of a limit. */
export interface OverrideModel {
  /** The limit's name, such as `seats`. */
  readonly limit: keyof Entitlements;
  /** Null is unlimited. */
  readonly value: Limit | boolean;
  /** ISO date, the last day. */
  readonly expires: string;
  /** False after the last day, when the plan's limit applies again. */
  readonly inEffect: boolean;
}

/** A customer organization of a platform. */
export interface OrganizationModel {
  /** The platform's name. */
  readonly platform: string;
  readonly platformId: string;
  readonly name: string;
  /** Its previous names, the oldest first. */
  readonly previously: readonly string[];
  /** The oldest of its names. It never changes, so ids, logical names and the keys of grants contain it. */
  readonly firstName: string;
  /** A UUID, derived from the names and the generation. */
  readonly id: string;
  /** Counts from 1. A name that is used again after its deletion has the next generation. */
  readonly generation: number;
  /** The name of its stack: `<platform>.<organization>`. */
  readonly stack: string;
  readonly displayName: string;
  /** The states of its workspaces already take this into account. */
  readonly state: LifecycleState;
  readonly plan: PlanModel;
  /** The lookup key of the price that it pays: the plan's, or an earlier one that it keeps. Null if the plan has no price. */
  readonly priceLookupKey: string | null;
  /** For a plan that is agreed by contract, the month whose credits are due: `2026-11-01`. Otherwise null: credits follow payments. */
  readonly contractMonth: string | null;
  /** Limits that replace those of the plan today, whichever plan is in force. */
  readonly overrides: Partial<Entitlements>;
  /** All declared overrides, also expired ones. Sorted by limit. */
  readonly declaredOverrides: readonly OverrideModel[];
  /** The entitlements of the plan, with the overrides that are in force today. */
  readonly entitlements: Entitlements;
  /** The trial that it may take once; null for none. */
  readonly trial: TrialModel | null;
  /** The owner's e-mail address, in lower case. */
  readonly owner: string;
  /**
   * The collection in which the manifest's file ends without closing it, such as `["members"]`: a file that lost its last lines
   * looks the same. Empty if the file is closed.
   */
  readonly openEnd: readonly string[];
  /** The paths of states that the manifest leaves out, such as `workspaces.spike.state`. They are `active` by default. */
  readonly defaultStates: readonly string[];
  /** The collections that the manifest leaves out. They are empty here, except for the owner, and what exists of them stays. */
  readonly unmanaged: readonly OrganizationCollection[];
  /** By e-mail address in lower case, including the owner. */
  readonly members: Readonly<Record<string, MemberModel>>;
  readonly invitations: Readonly<Record<string, InvitationModel>>;
  readonly claimTokens: Readonly<Record<string, ClaimTokenModel>>;
  readonly billing: BillingModel;
  readonly wallets: Readonly<Record<WalletName, WalletModel>>;
  readonly llmProvider: LlmProviderModel | null;
  /** By slug, including suspended, archived and deleted ones. */
  readonly workspaces: Readonly<Record<string, WorkspaceModel>>;
  readonly consents: readonly ConsentModel[];
}

/** A platform with its organizations. */
export interface Model {
  readonly platform: PlatformModel;
  /** Sorted by name. */
  readonly organizations: readonly OrganizationModel[];
}
