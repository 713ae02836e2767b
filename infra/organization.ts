import * as pulumi from "@pulumi/pulumi";
import { type EffectivePlan, effectivePlan } from "../src/model/effective-plan.ts";
import type { OrganizationModel, WalletModel } from "../src/model/model.ts";
import type { OrganizationPlatform } from "../src/model/organization-platform.ts";
import type { WorkspaceCollection } from "../src/shared/collections.ts";
import { presentEntitlements } from "../src/shared/entitlements.ts";
import { billingDetails, customerDetails } from "./billing-details.ts";
import { type Declared, declare } from "./declare.ts";
import { controlPlaneOverrides } from "./limits.ts";
import { workspaceLogicalName } from "./logical-names.ts";
import { unmanagedGrantsOf, unmanagedIn } from "./unmanaged.ts";
import { Workspace } from "./workspace.ts";

/** The arguments of an `Organization`. */
export interface OrganizationArgs {
  /** The platform that the organization belongs to. Its own stack must exist. */
  readonly platform: OrganizationPlatform;
  /** The resolved organization. */
  readonly organization: OrganizationModel;
  /** The day that trials and overdue payments are compared with, such as `2026-11-22`. Use the day of the model. */
  readonly today: string;
}

const SUBSCRIPTION_OUTPUTS = [
  "subscriptionId",
  "status",
  "product",
  "pastDueSince",
  "trialStart",
  "trialEnd",
  "cancelsOn",
  "endedOn",
  "paidProduct",
  "paidSince",
  "changesOn",
  "paymentUrl",
  "notCarriedOver",
] as const;

type Subscription = Declared<"stripe:Subscription", (typeof SUBSCRIPTION_OUTPUTS)[number]>;

/** Claim tokens by name; a secret. */
type ClaimTokens = pulumi.Output<Readonly<Record<string, string>>>;
/** API keys by the workspace's slug and the key's name; a secret. */
type ApiKeys = pulumi.Output<Readonly<Record<string, Readonly<Record<string, string>>>>>;

/**
 * A customer organization: its Stripe customer and subscription, its rows in the control plane, its wallets' credits, and its
 * workspaces.
 *
 * Its resources are protected by default: removing a line from the YAML deletes no data.
 */
export class Organization extends pulumi.ComponentResource {
  /** The name of the plan whose limits are in force today. */
  readonly plan: pulumi.Output<string>;
  /** When the declared plan replaces it, at the end of the paid period (ISO 8601); null without a planned change. */
  readonly planChangesOn: pulumi.Output<string | null>;
  /** The URL where the open invoice can be paid; null without one. */
  readonly paymentUrl: pulumi.Output<string | null>;
  /** The URL where the customer adds a card and reads invoices; null while the platform has no such page. */
  readonly billingUrl: pulumi.Output<string | null>;
  /** The URLs of the workspaces' data APIs, by slug. */
  readonly workspaces: Readonly<Record<string, pulumi.Output<string>>>;
  /** The claim tokens that can still be claimed, by name; undefined if the manifest has none. */
  readonly claimTokens: ClaimTokens | undefined;
  /** The API keys of the workspaces that have some, by slug and name; undefined if none has any. */
  readonly apiKeys: ApiKeys | undefined;

  /** @param name of the component and the prefix of its resources: `organizationLogicalName(organization)` */
  constructor(name: string, args: OrganizationArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { platform, organization } = args;
    // Only a deleted organization, which needs a consent, may make room for its next generation.
    const protect = organization.state === "deleted" ? { protect: false } : {};
    super("tenantry:index:Organization", name, {}, { protect: true, ...options, ...protect });
    const controlPlane = { organization: platform.project.organization, name: platform.project.name };
    const child = { parent: this };

    this.#guard(name, organization, controlPlane);
    const customer = declare(
      "stripe:Customer",
      `${name}-customer`,
      {
        name: organization.displayName,
        ...customerDetails(organization.billing),
        brand: brandOf(organization),
      },
      child,
      ["customerId", "portalUrl"],
    );
    const subscription = this.#subscribe(name, organization, customer.customerId, controlPlane);

    const holding = planInForce(args, subscription);
    const row = declare(
      "control-plane:Organization",
      `${name}-control-plane`,
      {
        controlPlane,
        platform: platform.id,
        organizationId: organization.id,
        name: organization.name,
        firstName: organization.firstName === organization.name ? undefined : organization.firstName,
        generation: organization.generation,
        displayName: organization.displayName,
        state: organization.state,
        plan: organization.plan.name,
        planInForce: holding.apply((now) => now.plan),
        limits: holding.apply((now) => presentEntitlements(now.entitlements)),
        planLimits: presentEntitlements(organization.entitlements),
        overrides: controlPlaneOverrides(organization.overrides),
        lapsedLimits: lapsedLimits(organization),
        ...billingDetails(organization.billing),
        stripeCustomer: customer.customerId,
        stripeSubscription: subscription?.subscriptionId.apply((id) => (id === "none" ? undefined : id)),
        subscriptionStatus: subscription?.status,
        llmProvider: organization.llmProvider?.kind,
        members: membersOf(organization),
        invitations: invitationsOf(organization),
        wallets: walletsOf(organization),
        apps: appsOf(organization),
        workspaces: workspacesOf(organization),
        unmanaged: unmanagedIn(organization, ["members", "invitations", "wallets"]),
        unmanagedApps: workspacesWithout(organization, "apps"),
        trial: takenTrial(args, subscription),
      },
      child,
      ["issuer"],
    );
    this.#grantCredits(name, args, controlPlane, row);
    declare(
      "control-plane:PlanCredits",
      `${name}-plan-credits`,
      {
        controlPlane,
        organization: organization.id,
        customer: customer.customerId,
        period: duePeriod(organization, subscription),
      },
      { ...child, dependsOn: [row] },
    );

    const workspaces = Object.values(organization.workspaces).map((workspace) => {
      const { security } = platform;
      const args = { organization, workspace, controlPlane, security, issuer: row.issuer, after: row };
      const logicalName = workspaceLogicalName(organization, workspace);
      return [workspace.name, new Workspace(logicalName, args, { parent: this })] as const;
    });

    this.billingUrl = pulumi.output(customer.portalUrl).apply((url) => url ?? null);
    this.paymentUrl = pulumi.output(subscription?.paymentUrl).apply((url) => url ?? null);
    this.planChangesOn = pulumi.output(subscription?.changesOn).apply((date) => date ?? null);
    this.plan = holding.apply((now) => now.plan);
    this.workspaces = Object.fromEntries(workspaces.map(([slug, workspace]) => [slug, workspace.url]));
    this.claimTokens = this.#claimTokens(name, organization, controlPlane, [
      row,
      ...workspaces.map(([, workspace]) => workspace.row),
    ]);
    const keyed = workspaces.filter(([slug]) => hasKeys(organization, slug));
    if (keyed.length > 0)
      this.apiKeys = pulumi.all(Object.fromEntries(keyed.map(([slug, { apiKeys }]) => [slug, apiKeys])));
    this.registerOutputs({ plan: this.plan, workspaces: this.workspaces });
  }

  /** Revokes what is no longer declared. Depends on no other resource. */
  #guard(
    name: string,
    organization: OrganizationModel,
    controlPlane: { organization: string; name: string },
  ): void {
    const members = Object.values(organization.members).map(({ email, role }) => [email, role] as const);
    const workspaces = Object.values(organization.workspaces).map(({ id, name, state, apiKeys }) => {
      const people = Object.values(organization.members).filter((member) => member.workspaces.includes(name));
      const isDeleted = state === "deleted";
      const access = isDeleted ? [] : people.map(({ email }) => email);
      return [id, { state, access, keys: isDeleted ? [] : Object.keys(apiKeys) }] as const;
    });
    declare(
      "control-plane:Guard",
      `${name}-guard`,
      {
        controlPlane,
        organization: organization.id,
        state: organization.state,
        members: Object.fromEntries(members),
        invitations: Object.keys(invitationsOf(organization)),
        claimTokens: Object.keys(claimTokensOf(organization)),
        workspaces: Object.fromEntries(workspaces),
        unmanaged: unmanagedIn(organization, ["members", "invitations", "claimTokens"]),
        unmanagedGrants: unmanagedGrantsOf(organization),
        unmanagedKeys: workspacesWithout(organization, "apiKeys"),
      },
      { parent: this, protect: false },
    );
  }

  /**
   * Depends on the workspaces' rows, because a token can grant a workspace. Not protected: without tokens there is no resource, and
   * the guard revokes those that are no longer declared.
   */
  #claimTokens(
    name: string,
    organization: OrganizationModel,
    controlPlane: { organization: string; name: string },
    dependsOn: pulumi.Resource[],
  ): ClaimTokens | undefined {
    const claimTokens = Object.entries(claimTokensOf(organization));
    if (claimTokens.length === 0) return undefined;
    const declared = claimTokens.map(([token, claim]) => [
      token,
      {
        role: claim.role,
        workspace: claim.workspace === null ? undefined : organization.workspaces[claim.workspace]?.id,
        email: claim.email ?? undefined,
        expires: claim.expires,
      },
    ]);
    const tokens = declare(
      "control-plane:ClaimTokens",
      `${name}-claim-tokens`,
      { controlPlane, organization: organization.id, tokens: Object.fromEntries(declared) },
      { parent: this, dependsOn, protect: false },
      ["values"],
    );
    return tokens.values;
  }

  /** A plan without a list price is billed by contract and has no Stripe subscription. */
  #subscribe(
    name: string,
    organization: OrganizationModel,
    customer: pulumi.Output<string>,
    controlPlane: { organization: string; name: string },
  ): Subscription | undefined {
    if (organization.priceLookupKey === null) return undefined;
    const subscription: Subscription = declare(
      "stripe:Subscription",
      `${name}-subscription`,
      {
        customer,
        price: organization.priceLookupKey,
        state: organization.state,
        collection: organization.billing.collection,
        resume: organization.billing.resume ?? undefined,
        trial: organization.trial === null ? undefined : { days: organization.trial.days, controlPlane },
        brand: brandOf(organization),
      },
      { parent: this },
      SUBSCRIPTION_OUTPUTS,
    );
    if (organization.state === "active") {
      pulumi.output(subscription.endedOn).apply((ended) => this.#tellOfEnd(organization, ended));
      pulumi.output(subscription.cancelsOn).apply((ends) => this.#tellOfLeaving(organization, ends));
      pulumi.output(subscription.notCarriedOver).apply((lost) => this.#tellOfLoss(organization, lost));
    }
    return subscription;
  }

  /** Warns of what Stripe refused to carry over to a subscription that was started again, until the next refresh. */
  #tellOfLoss({ name }: OrganizationModel, lost: Readonly<Record<string, string>> | undefined | null): void {
    if (lost === undefined || lost === null) return;
    const lines = Object.entries(lost).map(([what, reason]) => `  ${what}: ${reason}`);
    pulumi.log.warn(
      `the subscription of ${name} was started again without what Stripe refuses:\n${lines.join("\n")}\n` +
        "  If the customer is to have it, add a valid one to the subscription in Stripe",
      this,
    );
  }

  /** Warns of a cancellation at the end of the period, by the customer or in Stripe's dashboard, before it takes effect. */
  #tellOfLeaving({ name, plan }: OrganizationModel, ends: string | undefined | null): void {
    if (ends === undefined || ends === null) return;
    pulumi.log.warn(
      `the subscription of ${name} ends on ${ends.slice(0, 10)}; from then on the default plan is in force instead of ${plan.name}\n` +
        "  Declare the default plan. Or keep the subscription: declare another plan, or `billing: { resume: <today> }`",
      this,
    );
  }

  /** Warns of a subscription that the customer canceled, or that ended after failed payments. It isn't resumed automatically. */
  #tellOfEnd({ name, plan }: OrganizationModel, ended: string | undefined | null): void {
    if (ended === undefined || ended === null) return;
    const day = ended.slice(0, 10);
    pulumi.log.warn(
      `the subscription of ${name} was canceled on ${day}, so the default plan is in force instead of ${plan.name}\n` +
        `  Declare the default plan, or start a new subscription with billing: { resume: ${day} }`,
      this,
    );
  }

  /**
   * Grants the opening credits of the default plan, and the credits of the trial.
   *
   * Credits are posted once by their key and never revoked, so a grant that is no longer declared is only removed from the state.
   */
  #grantCredits(
    name: string,
    { platform, organization }: OrganizationArgs,
    controlPlane: { organization: string; name: string },
    row: pulumi.Resource,
  ): void {
    const path = `${organization.platform}/${organization.firstName}`;
    const opening = platform.plans[platform.defaultPlan]?.credits ?? {};
    const post = (kind: "trial" | "opening", wallet: string, credits: number) => {
      if (credits === 0) return;
      declare(
        "control-plane:Grant",
        `${name}-${kind}-${wallet}`,
        {
          controlPlane,
          organization: organization.id,
          wallet,
          key: `${kind}:${path}:${wallet}`,
          credits,
          kind,
        },
        // Other credits of the plan or the trial are only for organizations that come later.
        { parent: this, dependsOn: [row], protect: false, retainOnDelete: true, ignoreChanges: ["credits"] },
      );
    };
    for (const [wallet, credits] of Object.entries(opening)) post("opening", wallet, credits);
    for (const [wallet, credits] of Object.entries(organization.trial?.credits ?? {}))
      post("trial", wallet, credits);
  }
}

/** The limits that are the plan's again; undefined if there are none. */
function lapsedLimits({ declaredOverrides }: OrganizationModel): string[] | undefined {
  const lapsed = declaredOverrides.filter(({ inEffect }) => !inEffect).map(({ limit }) => limit);
  return lapsed.length === 0 ? undefined : lapsed;
}

/** The plan that is in effect. Without a subscription, the plan is billed by contract. */
function planInForce(
  { platform, organization, today }: OrganizationArgs,
  subscription: Subscription | undefined,
): pulumi.Output<EffectivePlan> {
  const declared = { plan: organization.plan.name, overrides: organization.overrides };
  if (subscription === undefined) return pulumi.output(effectivePlan(platform, declared, undefined, today));
  const { status, product, pastDueSince } = subscription;
  return pulumi
    .all([status, product, pastDueSince])
    .apply(([status, product, pastDueSince]) =>
      effectivePlan(platform, declared, { status, product, pastDueSince }, today),
    );
}

/** The trial that Stripe started, which can differ from the declared one. An earlier trial is already recorded. */
function takenTrial({ platform, organization }: OrganizationArgs, subscription: Subscription | undefined) {
  if (subscription === undefined || organization.trial === null) return undefined;
  const plan = platform.trial?.plan ?? organization.plan.name;
  return pulumi
    .all([subscription.trialStart, subscription.trialEnd])
    .apply(([started, ends]) => (started && ends ? { plan, started, ends } : undefined));
}

/**
 * The period whose credits are due: the last paid period, or the calendar month of a plan that is billed by contract. None while
 * the organization isn't active.
 */
function duePeriod(
  { contractMonth, plan, state }: OrganizationModel,
  subscription: Subscription | undefined,
) {
  if (state !== "active") return undefined;
  if (subscription === undefined)
    return contractMonth === null ? undefined : { product: plan.productId, since: contractMonth };
  return pulumi
    .all([subscription.paidProduct, subscription.paidSince])
    .apply(([product, since]) => (product && since ? { product, since } : undefined));
}

function hasKeys(organization: OrganizationModel, slug: string): boolean {
  return Object.keys(organization.workspaces[slug]?.apiKeys ?? {}).length > 0;
}

function brandOf({ platform, name, id, generation }: OrganizationModel) {
  return { platform, organization: name, id, generation };
}

function membersOf(organization: OrganizationModel) {
  const members = Object.values(organization.members);
  return Object.fromEntries(
    members.map(({ email, role, github }) => [email, { role, github: github ?? undefined }]),
  );
}

/** A deleted organization keeps its members, who see that it was deleted. Other people can't join it. */
function invitationsOf(organization: OrganizationModel) {
  if (organization.state === "deleted") return {};
  const invitations = Object.values(organization.invitations);
  return Object.fromEntries(
    invitations.map(({ email, role, workspaces, expires }) => [
      email,
      { role, workspaces: [...workspaces], expires },
    ]),
  );
}

function claimTokensOf({ state, claimTokens }: OrganizationModel): OrganizationModel["claimTokens"] {
  return state === "deleted" ? {} : claimTokens;
}

/** The ids of the workspaces whose manifest leaves a collection out. A deleted workspace has no more of it. */
function workspacesWithout(
  { workspaces }: OrganizationModel,
  collection: WorkspaceCollection,
): Record<string, true> | undefined {
  const without = Object.values(workspaces).filter(
    ({ state, unmanaged }) => state !== "deleted" && unmanaged.includes(collection),
  );
  return without.length === 0 ? undefined : Object.fromEntries(without.map(({ id }) => [id, true]));
}

function appsOf({ workspaces }: OrganizationModel) {
  return Object.fromEntries(
    Object.values(workspaces).map(({ id, name, apps }) => [
      id,
      { workspace: name, names: Object.keys(apps) },
    ]),
  );
}

/** The workspaces and domains that count against the plan's limits, including those that aren't created yet. */
function workspacesOf({ workspaces }: OrganizationModel) {
  const living = Object.values(workspaces).filter(({ state }) => state !== "deleted");
  return Object.fromEntries(living.map(({ id, apps }) => [id, { domainApps: namesWithDomain(apps) }]));
}

function namesWithDomain(apps: Readonly<Record<string, { readonly domain: string | null }>>): string[] {
  return Object.entries(apps).flatMap(([name, { domain }]) => (domain === null ? [] : [name]));
}

function walletsOf(organization: OrganizationModel) {
  return Object.fromEntries(
    Object.entries(organization.wallets).map(([name, wallet]) => [name, walletOf(wallet)]),
  );
}

function walletOf({ autoReload }: WalletModel) {
  if (!autoReload.enabled) return {};
  return {
    autoReload: {
      below: autoReload.below,
      add: autoReload.add ?? undefined,
      upTo: autoReload.upTo ?? undefined,
      monthlyCap: autoReload.monthlyCap ?? undefined,
    },
  };
}
