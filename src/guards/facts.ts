import { recordOf } from "@tenantry/core/is-record";
import type { StackChanges } from "../changes/stack.ts";
import { deletionName } from "../model/consents.ts";
import type { OrganizationModel } from "../model/model.ts";
import { eventsOf } from "../plan/events.ts";
import { priceIn } from "../plan/money.ts";
import { changeOf, type Entry, fieldOf, type Reading } from "../plan/reading.ts";
import { readingsOf, slugOf } from "../plan/readings.ts";
import { type ByKind, byKind } from "../shared/thresholds.ts";
import type { GuardPolicy } from "./policy.ts";

/** The changes of one stack that guards decide about. */
export interface GuardedChanges {
  readonly changes: StackChanges;
  /** The organization as it is declared now; null for a platform's own stack and a removed organization. */
  readonly model: OrganizationModel | null;
  /** The recorded status of its subscription; undefined if none is recorded. */
  readonly subscription?: string | undefined;
}

/** A stack of a run. */
export interface GuardedStack extends GuardedChanges {
  readonly platform: string;
  /** Null for the platform's own stack. */
  readonly organization: string | null;
  readonly policy: GuardPolicy;
}

/** What the changes of one stack take away, by name. */
export interface Facts {
  readonly removed: ByKind<readonly string[]>;
  /** The number of things of each kind before the run. */
  readonly totals: ByKind<number>;
  /** Whether the organization's own state closes its workspaces. */
  readonly closesWhole: boolean;
  /** The former owner who doesn't stay as an admin. */
  readonly owner: string | undefined;
  /** The plan whose paid subscription ends. */
  readonly subscription: string | undefined;
  /** `acme`, `acme/spike`, or `acme/spike@2`: as consents name them. */
  readonly deleted: readonly string[];
  /** `workspace/public.chats` */
  readonly weakened: readonly string[];
  /** The URL of the removed endpoint for Stripe's events. */
  readonly webhook: string | undefined;
}

const NOTHING: ByKind<readonly string[]> = byKind(() => []);

/** What the changes of a stack take away. Pure. */
export function factsOf({ changes, model, subscription }: GuardedChanges): Facts {
  const readings = readingsOf(changes);
  // The consent to the deletion of an organization covers everything in it.
  const isDeleted = model?.state === "deleted";
  const moves = model === null || isDeleted ? undefined : movesOf(readings, model);
  return {
    removed: moves === undefined ? NOTHING : byKind((kind) => moves[kind].removed),
    totals: byKind((kind) => totalOf(moves?.[kind])),
    closesWhole: model !== null && model.state !== "active",
    owner: isDeleted ? undefined : formerOwner(readings),
    subscription: isDeleted ? undefined : endedPlan(readings, subscription),
    deleted: model === null ? [] : deletedBy(readings, model),
    weakened: weakenedBy(changes, readings),
    webhook: removedWebhook(readings),
  };
}

/** The things of a kind that come and go, and those that are declared. */
interface Moves {
  readonly removed: readonly string[];
  readonly added: number;
  readonly declared: number;
}

function totalOf(moves: Moves | undefined): number {
  return moves === undefined ? 0 : moves.declared - moves.added + moves.removed.length;
}

function movesOf(readings: readonly Reading[], model: OrganizationModel): ByKind<Moves> {
  const open = Object.values(model.workspaces).filter(({ state }) => state !== "deleted");
  const domains = open.flatMap(({ apps }) => Object.values(apps).flatMap(({ domain }) => domain ?? []));
  return {
    members: peopleMoves(readings, model),
    apiKeys: thingMoves(readings, model, "control-plane:ApiKeys", "keys", "apiKeys"),
    workspaces: workspaceMoves(readings, model),
    domains: domainMoves(readings, model, new Set(domains)),
    connections: thingMoves(readings, model, "control-plane:Workspace", "connections", "connections"),
  };
}

/** The changes of members. The record of a deleted organization makes room for its next generation, and nobody leaves with it. */
function memberEntries(readings: readonly Reading[]): Entry[] {
  return ofType(readings, "control-plane:Organization")
    .filter(({ wasDeleted }) => !wasDeleted)
    .flatMap((reading) => reading.entries("members"));
}

function peopleMoves(readings: readonly Reading[], { members }: OrganizationModel): Moves {
  const entries = memberEntries(readings);
  return {
    removed: entries.filter((entry) => isWhole(entry, "delete")).map(({ name }) => name),
    added: entries.filter((entry) => isWhole(entry, "add")).length,
    declared: Object.keys(members).length,
  };
}

/** The name of a reading's workspace, if it is declared and not deleted. The consent to a deletion covers what is in the workspace. */
function openWorkspace({ workspace }: Reading, { workspaces }: OrganizationModel): string | undefined {
  const name = workspace === null ? undefined : slugOf(workspace);
  const declared = Object.values(workspaces).find((each) => each.name === name);
  return declared === undefined || declared.state === "deleted" ? undefined : declared.name;
}

function thingMoves(
  readings: readonly Reading[],
  model: OrganizationModel,
  type: string,
  property: string,
  declared: "apiKeys" | "connections",
): Moves {
  const entries = ofType(readings, type).flatMap((reading) => {
    const workspace = openWorkspace(reading, model);
    return workspace === undefined
      ? []
      : reading.entries(property).map((entry) => ({ workspace, entry }) as const);
  });
  const open = Object.values(model.workspaces).filter(({ state }) => state !== "deleted");
  return {
    removed: entries
      .filter(({ entry }) => isWhole(entry, "delete"))
      .map(({ workspace, entry }) => `${workspace}/${entry.name}`),
    added: entries.filter(({ entry }) => isWhole(entry, "add")).length,
    declared: open.reduce((sum, workspace) => sum + Object.keys(workspace[declared]).length, 0),
  };
}

const CLOSED: readonly unknown[] = ["suspended", "archived"];

/** Workspaces that stop being active, or become it. A new one was not active before. */
function workspaceMoves(readings: readonly Reading[], model: OrganizationModel): Moves {
  const states = ofType(readings, "supabase:Project").flatMap((reading) => {
    const workspace = openWorkspace(reading, model);
    const state = reading.at("state");
    return workspace === undefined || state === undefined ? [] : [{ workspace, ...state }];
  });
  return {
    removed: states
      .filter(({ before, after }) => before === "active" && CLOSED.includes(after))
      .map(({ workspace }) => workspace),
    added: states.filter(({ before, after }) => before !== "active" && after === "active").length,
    declared: Object.values(model.workspaces).filter(({ state }) => state === "active").length,
  };
}

/** A domain that another app has now isn't removed. */
function domainMoves(
  readings: readonly Reading[],
  model: OrganizationModel,
  declared: ReadonlySet<string>,
): Moves {
  const changes = ofType(readings, "control-plane:Workspace")
    .filter((reading) => openWorkspace(reading, model) !== undefined)
    .flatMap((reading) => reading.entries("apps"))
    .map(domainChange);
  const removed = changes.flatMap(({ before }) => (before === undefined ? [] : [before]));
  const added = changes.flatMap(({ after }) => (after === undefined ? [] : [after]));
  return {
    removed: removed.filter((domain) => !declared.has(domain)),
    added: added.filter((domain) => !removed.includes(domain)).length,
    declared: declared.size,
  };
}

function domainChange(entry: Entry) {
  const change = changeOf(entry, "domain");
  const before = change === undefined ? fieldOf(entry.before, "domain") : change.before;
  const after = change === undefined ? fieldOf(entry.after, "domain") : change.after;
  return { before: textOf(before), after: textOf(after) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function formerOwner(readings: readonly Reading[]): string | undefined {
  return memberEntries(readings).find((entry) => {
    if (isWhole(entry, "delete")) return fieldOf(entry.before, "role") === "owner";
    const role = changeOf(entry, "role");
    return role?.before === "owner" && role.after !== "admin";
  })?.name;
}

/** Statuses of subscriptions that nobody pays. */
const ENDED: readonly (string | undefined)[] = ["canceled", "incomplete", "incomplete_expired", "none"];

/** The plan of a paid subscription that ends. Without a recorded status, it counts as paid. */
function endedPlan(readings: readonly Reading[], status: string | undefined): string | undefined {
  if (ENDED.includes(status)) return undefined;
  return ofType(readings, "stripe:Subscription")
    .map((reading) => {
      const price = reading.at("price");
      const [before, after] = [priceIn(price?.before), priceIn(price?.after)];
      const ends = reading.isRemoved ? !reading.wasDeleted : after?.amount === 0;
      return ends && (before?.amount ?? 0) > 0 ? before?.plan : undefined;
    })
    .find((plan) => plan !== undefined);
}

/** The organization and the workspaces that are deleted with their databases. */
function deletedBy(readings: readonly Reading[], organization: OrganizationModel): string[] {
  const isDeletion = (reading: Reading) =>
    reading.isRemoved
      ? !reading.wasDeleted
      : reading.step.action === "replace" || (!reading.isNew && reading.at("state")?.after === "deleted");
  const workspaces = ofType(readings, "supabase:Project")
    .filter((reading) => reading.workspace !== null && isDeletion(reading))
    .map((reading) => deletionName(organization, deletedWorkspace(reading.workspace ?? "", organization)));
  const whole = ofType(readings, "control-plane:Organization").some(isDeletion);
  return organization.state === "deleted" && whole ? [deletionName(organization), ...workspaces] : workspaces;
}

/** @param slug with the beginning of its id if the plan has two generations: `spike@0a1b2c3d` */
function deletedWorkspace(slug: string, { workspaces }: OrganizationModel) {
  const [name = slug, id] = slug.split("@");
  const declared = Object.values(workspaces).find((workspace) => workspace.name === name);
  const generation = declared?.generation ?? 1;
  const isEarlier = id !== undefined && declared?.id.startsWith(id) === false;
  return { name, generation: isEarlier ? Math.max(1, generation - 1) : generation };
}

/** Tables and functions of which more rows may be seen or written, and roles that may bypass row security. */
function weakenedBy(changes: StackChanges, readings: readonly Reading[]): string[] {
  const policies = ofType(readings, "postgres:RowSecurity");
  const roles = ofType(readings, "postgres:Access").filter(({ isNew }) => !isNew);
  const kind = changes.stack.endsWith(".platform") ? "control-plane" : "workspace";
  const bypassing = roles
    .flatMap((reading) => reading.entries("roles"))
    .filter((entry) => {
      const change = changeOf(entry, "bypassRowSecurity");
      return change === undefined
        ? isWhole(entry, "add") && fieldOf(entry.after, "bypassRowSecurity") === true
        : change.after === true;
    })
    .map(({ name }) => name);
  // The plan's words decide which change of a policy may open rows.
  const events = policies.length === 0 ? undefined : eventsOf(changes);
  const happenings = events === undefined ? [] : [events, ...events.workspaces.values()];
  const opened = happenings
    .flatMap((happening) => happening.events)
    .filter(({ subject, danger }) => subject === "rowSecurity" && danger === "access")
    .flatMap(({ details }) => details)
    .flatMap(({ segments: [, name], after }) => name ?? Object.keys(recordOf(after)));
  return [...new Set([...opened, ...bypassing])].sort().map((name) => `${kind}/${name}`);
}

function removedWebhook(readings: readonly Reading[]): string | undefined {
  const [removed] = ofType(readings, "stripe:WebhookEndpoint").filter(({ isRemoved }) => isRemoved);
  return removed === undefined ? undefined : String(removed.at("url")?.before ?? removed.step.name);
}

function ofType(readings: readonly Reading[], type: string): Reading[] {
  return readings.filter(({ step }) => step.type === `tenantry:${type}`);
}

/** Whether an entry is added or removed as a whole. */
function isWhole({ kind, changes }: Entry, which: "add" | "delete"): boolean {
  return kind === which && changes.every(({ segments }) => segments.length <= 2);
}
