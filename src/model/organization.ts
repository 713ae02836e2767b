import { ownProperty } from "@tenantry/core/own-property";
import type { OrganizationManifest } from "../manifest/organization.ts";
import { ORGANIZATION_COLLECTIONS } from "../shared/collections.ts";
import type { Entitlements } from "../shared/entitlements.ts";
import { stableId } from "../shared/ids.ts";
import { billingModel } from "./billing.ts";
import { consentModel } from "./consents.ts";
import { mapValues, titleOf } from "./defaults.ts";
import type {
  AutoReloadModel,
  InvitationModel,
  LlmProviderModel,
  MemberModel,
  OrganizationModel,
  PlanModel,
  PlatformModel,
  WalletModel,
} from "./model.ts";
import { overrideModels, overridesInEffect } from "./overrides.ts";
import { priceOf } from "./price.ts";
import { declaredWorkspaces } from "./usage.ts";
import { workspaceIds, workspaceModel } from "./workspace.ts";

/**
 * Resolves an organization's manifest on its platform and plan.
 *
 * @param today `2026-11-22`
 */
export function organizationModel(
  platform: PlatformModel,
  plan: PlanModel,
  manifest: OrganizationManifest,
  today: string,
): OrganizationModel {
  const { name, generation = 1 } = manifest;
  const first = firstNameOf(manifest);
  const entitlements = entitlementsOf(plan, manifest.limits, today);
  const workspaces = Object.keys(declaredWorkspaces(manifest)).sort();
  const identity = {
    path: pathOf(platform.name, first, generation),
    organization: manifest,
    platform,
  };
  return {
    platform: platform.name,
    platformId: platform.id,
    name,
    previously: [...(manifest.previously ?? [])],
    firstName: first,
    id: stableId(`${platform.name}/${first}`, generation),
    generation,
    stack: `${platform.name}.${name}`,
    displayName: manifest.displayName ?? titleOf(name),
    state: manifest.state ?? "active",
    plan,
    priceLookupKey: priceOf(platform, plan, manifest)?.lookupKey ?? null,
    contractMonth: plan.price === null ? `${today.slice(0, 7)}-01` : null,
    overrides: overridesInEffect(manifest.limits, today),
    declaredOverrides: overrideModels(manifest.limits, today),
    entitlements,
    trial: manifest.trial ? plan.trial : null,
    owner: manifest.owner.toLowerCase(),
    openEnd: [],
    defaultStates: [
      ...(manifest.state === undefined ? ["state"] : []),
      ...workspaces
        .filter((workspace) => declaredWorkspaces(manifest)[workspace]?.state === undefined)
        .map((workspace) => `workspaces.${workspace}.state`),
    ],
    unmanaged: ORGANIZATION_COLLECTIONS.filter((collection) => manifest[collection] === undefined),
    members: membersOf(manifest, entitlements, workspaces),
    invitations: invitationsOf(manifest, entitlements, workspaces),
    claimTokens: mapValues(manifest.claimTokens ?? {}, ({ role, workspace, email, expires }) => ({
      role,
      workspace: workspace ?? null,
      email: email?.toLowerCase() ?? null,
      expires,
    })),
    billing: billingModel(manifest),
    wallets: mapValues(platform.wallets, (_, wallet) => walletOf(manifest.wallets, wallet)),
    llmProvider: llmProviderOf(manifest.llmProvider),
    workspaces: mapValues(declaredWorkspaces(manifest), (workspace, workspaceName) =>
      workspaceModel(identity, workspaceName, workspace),
    ),
    consents: (manifest.consents ?? []).map(consentModel),
  };
}

/** An organization's first name, from which its id is derived. */
export function firstNameOf({ name, previously = [] }: OrganizationManifest): string {
  return previously[0] ?? name;
}

/**
 * The path from which the ids of workspaces are derived. It includes the organization's generation, because a new generation has
 * new workspaces.
 */
function pathOf(platform: string, name: string, generation: number): string {
  return generation === 1 ? `${platform}/${name}` : `${platform}/${name}#${generation}`;
}

/** The ids of all declared workspaces and of their earlier generations. */
export function everyWorkspaceId({
  platform,
  firstName,
  generation,
  workspaces,
}: OrganizationModel): string[] {
  const path = pathOf(platform, firstName, generation);
  return Object.values(workspaces).flatMap((workspace) => workspaceIds(path, workspace));
}

/** @param today `2026-11-22` */
export function entitlementsOf(
  plan: PlanModel,
  limits: OrganizationManifest["limits"],
  today: string,
): Entitlements {
  return { ...plan.entitlements, ...overridesInEffect(limits, today) };
}

type Person = { role: "admin" | "member"; workspaces?: readonly string[] | undefined };

/** Whether somebody reaches only workspaces that were granted. */
function isGranted({ role }: Person, { perWorkspaceAccess }: Entitlements): boolean {
  return role === "member" && perWorkspaceAccess;
}

/** The workspaces that a person reaches: all for admins, and for members without per-workspace access; else the granted ones. */
function reach(person: Person, entitlements: Entitlements, workspaces: readonly string[]): readonly string[] {
  if (!isGranted(person, entitlements)) return workspaces;
  const granted = new Set(person.workspaces ?? []);
  return workspaces.filter((workspace) => granted.has(workspace));
}

function membersOf(
  { owner, members = [] }: OrganizationManifest,
  entitlements: Entitlements,
  workspaces: readonly string[],
): Record<string, MemberModel> {
  const ownerEmail = owner.toLowerCase();
  const people: MemberModel[] = members.map((member) => ({
    email: member.email.toLowerCase(),
    role: member.role,
    workspaces: reach(member, entitlements, workspaces),
    managesWorkspaces: member.workspaces !== undefined || !isGranted(member, entitlements),
    github: member.github ?? null,
  }));
  return byEmail([
    { email: ownerEmail, role: "owner", workspaces, managesWorkspaces: true, github: null },
    ...people,
  ]);
}

function invitationsOf(
  { invitations = [] }: OrganizationManifest,
  entitlements: Entitlements,
  workspaces: readonly string[],
): Record<string, InvitationModel> {
  return byEmail(
    invitations.map((invitation) => ({
      email: invitation.email.toLowerCase(),
      role: invitation.role,
      workspaces: reach(invitation, entitlements, workspaces),
      expires: invitation.expires,
    })),
  );
}

function byEmail<Item extends { email: string }>(people: readonly Item[]): Record<string, Item> {
  return mapValues(Object.fromEntries(people.map((person) => [person.email, person])), (person) => person);
}

function walletOf(wallets: OrganizationManifest["wallets"], name: string): WalletModel {
  return { autoReload: autoReloadOf(ownProperty(wallets ?? {}, name)?.autoReload) };
}

type AutoReloadManifest = NonNullable<OrganizationManifest["wallets"]>[string]["autoReload"];

function autoReloadOf(declared: AutoReloadManifest): AutoReloadModel {
  if (typeof declared !== "object") return { enabled: false };
  return {
    enabled: true,
    below: declared.below,
    add: declared.add ?? null,
    upTo: declared.upTo ?? null,
    monthlyCap: declared.monthlyCap ?? null,
  };
}

function llmProviderOf(declared: OrganizationManifest["llmProvider"]): LlmProviderModel | null {
  if (declared === undefined) return null;
  const { kind, apiKey } = declared;
  return kind === "hosted" || apiKey === undefined ? { kind: "hosted" } : { kind, apiKey };
}
