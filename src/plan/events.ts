import type { PropertyChange } from "../changes/property-change.ts";
import type { StackChanges, Step } from "../changes/stack.ts";
import { count } from "../shared/format.ts";
import type { Claim, Draft, Lifecycle } from "./claim.ts";
import type { Danger, EventAction, EventItem, Happening, OtherChange, PlanEvent, Subject } from "./plan.ts";
import { DANGERS, SUBJECTS } from "./plan.ts";
import type { Reading } from "./reading.ts";
import { readingsOf } from "./readings.ts";
import { wordsOf } from "./words/of.ts";
import { ownerKey } from "./words/say.ts";

const PROJECT = "tenantry:supabase:Project";
const ORGANIZATION_ROW = "tenantry:control-plane:Organization";

/** What happens in one stack: to its organization or platform, and in its workspaces. */
export interface StackEvents extends Happening {
  readonly workspaces: ReadonlyMap<string, Happening>;
  readonly counted: readonly Counted[];
}

/** Something that is counted, and whether it is done. */
export type Counted = readonly [Subject | "other", EventAction, Step["status"]];

/** A claim with the step that makes it. */
interface Made extends Claim {
  readonly step: Step;
  readonly workspace: string | null;
}

/** Claims that are told as one event. */
interface Group {
  readonly own: Made[];
  /** Claims that the event says as well. */
  readonly parts: Made[];
}

/** The events of a stack's changes. Each changing step is part of an event or listed under other changes. Pure. */
export function eventsOf(changes: StackChanges): StackEvents {
  const readings = readingsOf(changes);
  const lifecycles = lifecyclesOf(readings);
  const made = readings.flatMap((reading) => claimsOf(reading, lifecycles));
  return told(grouped(made));
}

/** What happens to each workspace as a whole, by its slug; `null` is the organization or the platform. */
function lifecyclesOf(readings: readonly Reading[]): Map<string | null, Lifecycle> {
  const found = new Map<string | null, Lifecycle>();
  for (const reading of readings) {
    const lifecycle = lifecycleOf(reading);
    if (lifecycle !== undefined) found.set(reading.workspace, lifecycle);
  }
  return found;
}

const STATES: Readonly<Record<string, Lifecycle>> = {
  active: "activated",
  suspended: "suspended",
  archived: "archived",
  deleted: "removed",
};

function lifecycleOf(reading: Reading): Lifecycle | undefined {
  const { step } = reading;
  if (step.type === ORGANIZATION_ROW) {
    if (reading.isNew) return "added";
    // The record of a deleted organization makes room for its next generation.
    return reading.isRemoved && !reading.wasDeleted ? "removed" : undefined;
  }
  if (step.type !== PROJECT) return undefined;
  if (step.action === "replace") return "replaced";
  if (reading.isNew) return reading.text("state") === "deleted" ? "forgotten" : "added";
  if (reading.isRemoved) return reading.wasDeleted ? "forgotten" : "removed";
  return STATES[String(reading.at("state")?.after)];
}

/** The claims of a step, and one for what they leave out. */
function claimsOf(reading: Reading, lifecycles: ReadonlyMap<string | null, Lifecycle>): Made[] {
  const { step, workspace } = reading;
  const claims = wordsOf(step.type).claims(reading);
  const covered = new Set(claims.flatMap(({ changes }) => changes));
  const rest = step.changes.filter((change) => !covered.has(change));
  const isWhole = reading.isNew || reading.isRemoved;
  const all =
    claims.length === 0 || (rest.length > 0 && !isWhole)
      ? [...claims, { key: reading.key("other", step.urn), changes: rest }]
      : claims;
  return all.map((claim) => ({ ...claim, step, workspace, partOf: partsOf(claim, workspace, lifecycles) }));
}

/** The events that a claim is part of: those that it names, and the one about its workspace as a whole. */
function partsOf(
  { key, partOf = [], besides = [] }: Claim,
  workspace: string | null,
  lifecycles: ReadonlyMap<string | null, Lifecycle>,
): readonly string[] {
  const owners = [workspace, null].filter((owner, index, all) => all.indexOf(owner) === index);
  const above = owners.filter((owner) => {
    const lifecycle = lifecycles.get(owner);
    if (lifecycle === undefined || key === ownerKey(owner) || key === ownerKey(workspace)) return false;
    return !besides.includes(lifecycle);
  });
  return [...partOf, ...above.map(ownerKey)].filter((each) => each !== key);
}

/** Groups claims by key, and adds those that are part of another event to it. */
function grouped(made: readonly Made[]): Group[] {
  const rootOf = roots(made);
  const groups = new Map<string, Group>();
  for (const claim of made) {
    const above = rootOf(claim);
    const group = groups.get(above) ?? { own: [], parts: [] };
    groups.set(above, group);
    (above === claim.key ? group.own : group.parts).push(claim);
  }
  return [...groups.values()];
}

/** The key of the event that tells of a claim: its own, or that of the event which it is part of, directly or not. */
function roots(made: readonly Made[]): (claim: Made) => string {
  const drafted = new Map<string, Made[]>();
  const topics = new Map<string, string>();
  for (const claim of made) {
    if (claim.draft === undefined) continue;
    drafted.set(claim.key, [...(drafted.get(claim.key) ?? []), claim]);
    if (claim.topic !== undefined && !topics.has(claim.topic)) topics.set(claim.topic, claim.key);
  }
  const above = ({ key, partOf = [] }: Made): string | undefined =>
    partOf.map((other) => topics.get(other) ?? other).find((other) => other !== key && drafted.has(other));
  const rootOfKey = (key: string, seen: ReadonlySet<string>): string => {
    const claims = drafted.get(key) ?? [];
    const next = claims.some((claim) => above(claim) === undefined) ? undefined : claims.map(above)[0];
    // Claims that are part of each other are told under the first key.
    return next === undefined || seen.has(next) ? key : rootOfKey(next, new Set([...seen, next]));
  };
  return (claim) => {
    const next = above(claim);
    return next === undefined ? claim.key : rootOfKey(next, new Set([claim.key, next]));
  };
}

/** An event before it is joined with others. */
interface Atom {
  readonly draft: Draft;
  /** The workspace in which alone it happens; null for the organization or the platform. */
  readonly place: string | null;
  readonly workspaces: readonly string[];
  readonly steps: readonly Step[];
}

function told(groups: readonly Group[]): StackEvents {
  const atoms = groups.flatMap(atomOf);
  const others = groups.flatMap(({ own }) => (own.some(({ draft }) => draft !== undefined) ? [] : own));
  const places = new Set<string | null>([
    null,
    ...atoms.map(({ place }) => place),
    ...others.map(({ workspace }) => workspace),
  ]);
  const happeningIn = (place: string | null): Happening => ({
    events: joined(atoms.filter((atom) => atom.place === place)),
    other: otherChanges(others.filter(({ workspace }) => workspace === place)),
  });
  const workspaces = [...places].filter((place) => place !== null).sort();
  return {
    ...happeningIn(null),
    workspaces: new Map(workspaces.map((name) => [name, happeningIn(name)])),
    counted: [
      ...atoms.flatMap(({ draft: { subject, action, also = [] }, steps }) =>
        [[subject, action] as const, ...also].map((each) => [...each, worstOf(steps)] as const),
      ),
      ...otherChanges(others).map(({ status }) => ["other", "changed", status] as const),
    ],
  };
}

/** What the platform's code decides for all workspaces, so it is listed once for the organization. */
const SAME_EVERYWHERE: ReadonlySet<Subject> = new Set(["rowSecurity", "privileges", "schema", "settings"]);

function atomOf({ own, parts }: Group): Atom[] {
  const draft = own.find((claim) => claim.draft !== undefined)?.draft;
  if (draft === undefined) return [];
  const owners = [...new Set(own.map(({ workspace }) => workspace))];
  const isAlone = owners.length === 1 && !SAME_EVERYWHERE.has(draft.subject);
  const place = isAlone ? (owners[0] ?? null) : null;
  const concerned = draft.item === undefined ? own : [...own, ...parts];
  const workspaces = new Set(concerned.flatMap(({ workspace }) => (workspace === null ? [] : [workspace])));
  return [
    {
      draft,
      place,
      workspaces: place === null ? [...workspaces].sort() : [],
      steps: [...new Set([...own, ...parts].map(({ step }) => step))],
    },
  ];
}

/** Joins what happens in the same way to several things. */
function joined(atoms: readonly Atom[]): PlanEvent[] {
  const groups = new Map<string, Atom[]>();
  for (const [index, atom] of atoms.entries()) {
    const { subject, action, danger = null, joined: words } = atom.draft;
    const key = words === undefined ? index : [subject, action, danger, words, worstOf(atom.steps)];
    const name = JSON.stringify(key);
    groups.set(name, [...(groups.get(name) ?? []), atom]);
  }
  return [...groups.values()].map(eventOf).sort(compareEvents);
}

function eventOf(atoms: readonly Atom[]): PlanEvent {
  const [first] = atoms;
  if (first === undefined) throw new Error("an event without what it is about");
  const { subject, action, danger = null, text, joined: words } = first.draft;
  const steps = new Set(atoms.flatMap((atom) => atom.steps));
  const one = atoms.length === 1 || words === undefined;
  return {
    subject,
    action,
    text: one
      ? text
      : `${words.verb} ${count(atoms.length, words.noun)}${words.suffix ? ` ${words.suffix}` : ""}`,
    danger,
    items: atoms.flatMap(itemOf).sort((a, b) => byName.compare(a.name, b.name)),
    workspaces: [...new Set(atoms.flatMap((atom) => atom.workspaces))].sort(),
    details: atoms.flatMap((atom) => atom.draft.details ?? []),
    status: worstOf([...steps]),
    resources: [...steps].map(({ urn }) => urn),
  };
}

const byName = new Intl.Collator("en", { numeric: true });

function itemOf({ draft: { item }, workspaces }: Atom): EventItem[] {
  return item === undefined ? [] : [{ name: item.name, note: item.note ?? "", workspaces }];
}

const STATUSES: readonly Step["status"][] = ["failed", "running", "planned", "done"];

function worstOf(steps: readonly Step[]): Step["status"] {
  return STATUSES.find((status) => steps.some((step) => step.status === status)) ?? "planned";
}

function compareEvents(a: PlanEvent, b: PlanEvent): number {
  return (
    dangerRank(a.danger) - dangerRank(b.danger) || SUBJECTS.indexOf(a.subject) - SUBJECTS.indexOf(b.subject)
  );
}

/** Sorts dangers before the rest, data before access and money. */
function dangerRank(danger: Danger | null): number {
  return danger === null ? DANGERS.length : DANGERS.indexOf(danger);
}

function otherChanges(claims: readonly Made[]): OtherChange[] {
  const byStep = new Map<Step, PropertyChange[]>();
  for (const { step, changes } of claims) byStep.set(step, [...(byStep.get(step) ?? []), ...changes]);
  return [...byStep].map(([step, changes]) => ({
    resource: wordsOf(step.type).noun,
    name: step.name,
    action: step.action,
    changes,
    status: step.status,
    urn: step.urn,
  }));
}
