import type { Currency } from "../shared/currency.ts";
import type { DomainRecord } from "../shared/domain-record.ts";
import type { LifecycleState } from "../shared/lifecycle.ts";
import type { ComputeSize, Region } from "../shared/supabase-catalogue.ts";

/**
 * The resolved model: what the manifests mean today. Pure data, JSON-serializable, no secrets, no I/O.
 *
 * Everything downstream (the Pulumi program, plans, guards, cost, drift, verify) reads this and never a manifest.
 */

/** A limit of a plan. `null` is unlimited. */
export type Limit = number | null;

type Role = "owner" | "admin" | "member";

/** Wallets are named by the platform; each of the two seeds has `data` and `ai`. */
type WalletName = string;

export interface Entitlements {
  readonly workspaces: Limit;
  readonly seats: Limit;
  readonly perWorkspaceAccess: boolean;
  readonly customDomains: Limit;
  /** Requests per minute, for the whole organization. */
  readonly rpm: Limit;
  /** Webhook events per month, for the whole organization. */
  readonly webhookEvents: Limit;
}

export interface Money {
  /** In the smallest unit of the currency. */
  readonly amount: number;
  /** ISO 4217, lower case, as Stripe writes it. */
  readonly currency: Currency;
}

/** A monthly price. Its terms are fixed for life. */
export interface PriceModel extends Money {
  /** Carries amount and currency and so never moves: `<platform>--<plan>--monthly--usd-4900`. */
  readonly lookupKey: string;
}

export interface PlanModel {
  readonly name: string;
  readonly displayName: string;
  /** `null` for a plan that is agreed by contract and has no list price. */
  readonly price: PriceModel | null;
  /** Those that it had before and that organizations may still be on. */
  readonly previousPrices: readonly PriceModel[];
  /** Chosen by us: `<platform>_<plan>`. */
  readonly productId: string;
  /** Credits granted each month, by wallet. */
  readonly credits: Readonly<Record<WalletName, number>>;
  readonly entitlements: Entitlements;
}

interface TrialModel {
  readonly plan: string;
  readonly days: number;
  /** Credits granted once, when the trial starts, by wallet. */
  readonly credits: Readonly<Record<WalletName, number>>;
}

interface ProjectModel {
  /** The Supabase project's name, unique in its Supabase organization. */
  readonly name: string;
  /** The slug of the Supabase organization. */
  readonly organization: string;
  readonly region: Region;
  readonly compute: ComputeSize;
}

/** CIDR ranges; both empty lets nobody in. */
export interface AllowedRanges {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

/** How the platform's projects are closed. */
export interface SecurityModel {
  /** From where the databases are reached. */
  readonly network: { readonly controlPlane: AllowedRanges; readonly workspaces: AllowedRanges };
  readonly tlsEnforced: boolean;
  readonly publicChannels: boolean;
  /** How people sign in to the control plane besides by e-mail, as Supabase's API names it. */
  readonly signIn: readonly string[];
}

export interface PlatformModel {
  readonly name: string;
  readonly id: string;
  /** `<platform>.platform` */
  readonly stack: string;
  readonly displayName: string;
  readonly currency: Currency;
  /** The control plane. */
  readonly project: ProjectModel;
  readonly security: SecurityModel;
  /** Where Stripe tells of payments; null where it tells nobody. */
  readonly webhook: { readonly url: string; readonly version: number } | null;
  /** Why workspaces stay open while nobody confirms who may enter; null where they close. */
  readonly staysOpen: string | null;
  readonly plans: Readonly<Record<string, PlanModel>>;
  readonly defaultPlan: string;
  readonly trial: TrialModel | null;
  /** Empty on a platform without wallets. The price is of one credit. */
  readonly wallets: Readonly<Record<WalletName, { readonly creditPrice: Money }>>;
  /** Whose models organizations may choose, `hosted` among them where the platform has its own; null is any. */
  readonly llmProviders: readonly string[] | null;
  /** The suffix of every app's own URL, as `camelai.example`; null where the platform publishes no apps. */
  readonly appsDomain: string | null;
}

export interface MemberModel {
  /** Lower case. */
  readonly email: string;
  readonly role: Role;
  /** Slugs, sorted. Owners and admins hold every workspace; members those granted, or all below per-workspace access. */
  readonly workspaces: readonly string[];
  readonly github: string | null;
}

export interface InvitationModel {
  readonly email: string;
  readonly role: Exclude<Role, "owner">;
  readonly workspaces: readonly string[];
  /** ISO date, the last day on which it can be accepted. */
  readonly expires: string;
}

interface ClaimTokenModel {
  readonly role: Exclude<Role, "owner">;
  /** A slug; null leads into the organization alone. */
  readonly workspace: string | null;
  /** Lower case; null is anyone with a verified address. */
  readonly email: string | null;
  /** ISO date, the last day on which it can be claimed. */
  readonly expires: string;
}

export type AutoReloadModel =
  | { readonly enabled: false }
  | {
      readonly enabled: true;
      readonly below: number;
      /** Exactly one of `add` and `upTo` is set. */
      readonly add: number | null;
      readonly upTo: number | null;
      /** Credits per calendar month; null is no cap. */
      readonly monthlyCap: number | null;
    };

export interface WalletModel {
  readonly autoReload: AutoReloadModel;
}

/** A secret by its name; the value is read by the Pulumi program and is never part of the model. */
export interface SecretReference {
  readonly secret: string;
}

export type LlmProviderModel =
  | { readonly kind: "hosted" }
  | { readonly kind: string; readonly apiKey: SecretReference };

export interface ApiKeyModel {
  /** A label of the generation, as `2026-11`; changing it rotates. Null until the first rotation. */
  readonly rotate: string | null;
  /** How long the previous value stays valid, in seconds. */
  readonly graceSeconds: number;
}

export interface ConnectionModel {
  readonly kind: string;
  readonly secret: SecretReference;
  /** `<workspace>/<connection>` of the same organization, when it began as a copy. */
  readonly cloneOf: string | null;
}

export interface AppModel {
  /** Its own URL under the platform's suffix; null where the platform has none. */
  readonly url: string | null;
  /** The custom domain, lower case, without a trailing dot. */
  readonly domain: string | null;
  /** The DNS record of type TXT that proves it; null without a custom domain. */
  readonly proof: DomainRecord | null;
}

interface CronJobModel {
  readonly schedule: string;
  readonly task: string;
}

export interface WorkspaceModel {
  readonly name: string;
  /** The names that it had before, the oldest first. */
  readonly previously: readonly string[];
  readonly id: string;
  readonly generation: number;
  readonly displayName: string;
  readonly state: LifecycleState;
  readonly project: ProjectModel;
  readonly apiKeys: Readonly<Record<string, ApiKeyModel>>;
  readonly connections: Readonly<Record<string, ConnectionModel>>;
  readonly apps: Readonly<Record<string, AppModel>>;
  readonly email: string | null;
  readonly slack: { readonly team: string; readonly channel: string } | null;
  readonly cron: Readonly<Record<string, CronJobModel>>;
  /** ISO date, the last day on which an archived workspace is kept; null is for good. */
  readonly keepUntil: string | null;
  /** ISO date after which a throwaway workspace is to be archived; null is for good. */
  readonly expires: string | null;
}

/** A consent to delete one thing whose state is `deleted`. */
interface ConsentModel {
  /** `acme` or `acme/spike` */
  readonly delete: string;
  readonly reason: string;
  readonly approvedBy: string;
  /** ISO date, the last day on which it holds. */
  readonly expires: string;
}

export interface OrganizationModel {
  readonly platform: string;
  readonly platformId: string;
  readonly name: string;
  readonly id: string;
  readonly generation: number;
  /** `<platform>.<organization>` */
  readonly stack: string;
  readonly displayName: string;
  /** Its workspaces' states have it in them already. */
  readonly state: LifecycleState;
  readonly plan: PlanModel;
  /** Of the price that it pays: its plan's, or the previous one that it stays on. Null when the plan has no price. */
  readonly priceLookupKey: string | null;
  /** `2026-11-01`: the month whose credits are due, where the plan is agreed by contract; else they follow its payments: null. */
  readonly contractMonth: string | null;
  /** Limits that don't follow the plan, whichever is in force. */
  readonly overrides: Partial<Entitlements>;
  /** The plan's, with the overrides that are in force today. */
  readonly entitlements: Entitlements;
  /** The trial that it may take, once ever; null when it takes none. */
  readonly trial: TrialModel | null;
  readonly owner: string;
  /** By lower-case e-mail, the owner included. */
  readonly members: Readonly<Record<string, MemberModel>>;
  readonly invitations: Readonly<Record<string, InvitationModel>>;
  readonly claimTokens: Readonly<Record<string, ClaimTokenModel>>;
  readonly billing: {
    readonly email: string;
    readonly collection: "charge_automatically" | "send_invoice";
    /** `2026-11-22`: a subscription that was canceled up to this day is begun anew; null: none. */
    readonly resume: string | null;
  };
  readonly wallets: Readonly<Record<WalletName, WalletModel>>;
  readonly llmProvider: LlmProviderModel | null;
  readonly workspaces: Readonly<Record<string, WorkspaceModel>>;
  readonly consents: readonly ConsentModel[];
}

export interface Model {
  readonly platform: PlatformModel;
  /** Sorted by name. */
  readonly organizations: readonly OrganizationModel[];
}
