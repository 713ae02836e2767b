import type { Currency } from "../shared/currency.ts";
import type { DomainRecord } from "../shared/domain-record.ts";
import type { Entitlements } from "../shared/entitlements.ts";
import type { LifecycleState } from "../shared/lifecycle.ts";
import type { ComputeSize, Region } from "../shared/supabase-catalogue.ts";

/**
 * The resolved model: what the manifests mean on a given day. It is JSON-serializable data without secrets.
 *
 * Everything downstream (the Pulumi program, previews, guards, drift, verify) reads the model and never a manifest.
 */

type Role = "owner" | "admin" | "member";

/** The platform names its wallets, such as `data` and `ai`. */
type WalletName = string;

export interface Money {
  /** In the smallest unit of the currency. */
  readonly amount: number;
  /** The ISO 4217 code in lower case, as in Stripe. */
  readonly currency: Currency;
}

/** A monthly price. It is immutable. */
export interface PriceModel extends Money {
  /** Contains amount and currency, so it identifies the price for ever: `<platform>--<plan>--monthly--usd-4900`. */
  readonly lookupKey: string;
}

export interface PlanModel {
  readonly name: string;
  readonly displayName: string;
  /** Null for a plan by contract. */
  readonly price: PriceModel | null;
  /** Earlier prices that organizations may keep. */
  readonly previousPrices: readonly PriceModel[];
  /** Stripe's product id, chosen by tenantry: `<platform>_<plan>`. */
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

/** CIDR ranges. If both lists are empty, no one can connect. */
export interface AllowedRanges {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

/** How the platform's projects are secured. */
export interface SecurityModel {
  /** The ranges that can connect to the databases. */
  readonly network: { readonly controlPlane: AllowedRanges; readonly workspaces: AllowedRanges };
  readonly tlsEnforced: boolean;
  readonly publicChannels: boolean;
  /** Sign-in methods for the control plane besides e-mail, as named in Supabase's API. */
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
  /** The endpoint that receives Stripe's events; null for none. */
  readonly webhook: { readonly url: string; readonly version: number } | null;
  /** Why workspaces stay open while no process renews their lease; null if they close. */
  readonly staysOpen: string | null;
  readonly plans: Readonly<Record<string, PlanModel>>;
  readonly defaultPlan: string;
  readonly trial: TrialModel | null;
  /** By name, with the price of one credit. Empty for a platform without wallets. */
  readonly wallets: Readonly<Record<WalletName, { readonly creditPrice: Money }>>;
  /** The model providers that organizations can choose, including `hosted` for the platform's own models; null for any. */
  readonly llmProviders: readonly string[] | null;
  /** The domain of app URLs, such as `camelai.example`; null if the platform publishes no apps. */
  readonly appsDomain: string | null;
}

export interface MemberModel {
  /** Lower case. */
  readonly email: string;
  readonly role: Role;
  /** Sorted slugs: all workspaces for owners and admins, or without per-workspace access; else the granted ones. */
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
  /** The slug of the only workspace that the token opens; null for no specific workspace. */
  readonly workspace: string | null;
  /** Lower case; null for anyone with a verified address. */
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
      /** In credits per calendar month; null for no cap. */
      readonly monthlyCap: number | null;
    };

export interface WalletModel {
  readonly autoReload: AutoReloadModel;
}

/** The name of a secret. The Pulumi program reads its value, which is never part of the model. */
export interface SecretReference {
  readonly secret: string;
}

export type LlmProviderModel =
  | { readonly kind: "hosted" }
  | { readonly kind: string; readonly apiKey: SecretReference };

export interface ApiKeyModel {
  /** The label of the current value, such as `2026-11`. A change rotates the key. Null until the first rotation. */
  readonly rotate: string | null;
  /** How long the previous value is valid after a rotation, in seconds. */
  readonly graceSeconds: number;
}

export interface ConnectionModel {
  readonly kind: string;
  readonly secret: SecretReference;
  /** The copied connection, `<workspace>/<connection>` of the same organization; null if it isn't a copy. */
  readonly cloneOf: string | null;
}

export interface AppModel {
  /** The app's URL on the platform; null if the platform publishes no apps. */
  readonly url: string | null;
  /** The custom domain, lower case, without a trailing dot. */
  readonly domain: string | null;
  /** The TXT record that proves ownership of the custom domain; null without one. */
  readonly proof: DomainRecord | null;
}

interface CronJobModel {
  readonly schedule: string;
  readonly task: string;
}

export interface WorkspaceModel {
  readonly name: string;
  /** Previous names, the oldest first. */
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
  /** ISO date, the last day on which an archived workspace is kept; null for no limit. */
  readonly keepUntil: string | null;
  /** ISO date, the last day of a throwaway workspace; null for a permanent one. */
  readonly expires: string | null;
}

/** A consent to delete the organization or a workspace whose state is `deleted`. */
interface ConsentModel {
  /** `acme` or `acme/spike` */
  readonly delete: string;
  readonly reason: string;
  readonly approvedBy: string;
  /** ISO date, the last day on which it is valid. */
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
  /** The states of the workspaces already take it into account. */
  readonly state: LifecycleState;
  readonly plan: PlanModel;
  /** The lookup key of the price that it pays: the plan's current or a previous one. Null for a plan by contract. */
  readonly priceLookupKey: string | null;
  /** For a plan by contract, the month whose credits are due (`2026-11-01`). Null for other plans, whose credits follow payments. */
  readonly contractMonth: string | null;
  /** Limits that override those of the plan. */
  readonly overrides: Partial<Entitlements>;
  /** Those of the plan, with the overrides. */
  readonly entitlements: Entitlements;
  /** The trial to take, which is possible once; null for none. */
  readonly trial: TrialModel | null;
  readonly owner: string;
  /** By lower-case e-mail address, including the owner. */
  readonly members: Readonly<Record<string, MemberModel>>;
  readonly invitations: Readonly<Record<string, InvitationModel>>;
  readonly claimTokens: Readonly<Record<string, ClaimTokenModel>>;
  readonly billing: {
    readonly email: string;
    readonly collection: "charge_automatically" | "send_invoice";
    /** Start a new subscription if the previous one was canceled up to this day (`2026-11-22`); null to not start one. */
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
