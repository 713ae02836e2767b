import type { Currency } from "@tenantry/core/currencies";
import type { Outcome } from "../changes/outcome.ts";
import type { StackChanges, Step } from "../changes/stack.ts";
import type { Money, OrganizationModel } from "../model/model.ts";
import type { ComputeSize } from "../shared/supabase-catalogue.ts";
import { withAllowances } from "./allowances.ts";
import { type Counted, eventsOf, type StackEvents } from "./events.ts";
import { BESIDE_COMPUTE, type Infrastructure, infrastructureOf } from "./infrastructure.ts";
import {
  type ChangePlan,
  type Counts,
  DANGERS,
  type Danger,
  type EventAction,
  type Guard,
  type Happening,
  type NotPriced,
  type OrganizationPlan,
  PLAN_VERSION,
  type PlanEvent,
  type PlatformPlan,
  type StackPlan,
  type Subject,
  VERDICTS,
} from "./plan.ts";
import { addMonthly, dueOf, type Revenue, revenueOf } from "./revenue.ts";
import { withRows } from "./rows.ts";

/** The changes of one stack, from a preview, from a run, or from a comparison of two models. */
export interface PlanSource {
  readonly outcome: Outcome;
  /** Whether the changes are those of a run that applied them. Default: a preview's. */
  readonly applied?: boolean;
  readonly changes: StackChanges;
  /** The organization as it is declared now; null for a platform's own stack, and for an organization that is removed or unread. */
  readonly model: OrganizationModel | null;
  /** What is said of an organization whose manifest couldn't be read: `an organization whose manifest has errors`. */
  readonly unread?: string | undefined;
  /** The compute size of the control plane, for the platform's own stack. */
  readonly controlPlane?: ComputeSize | undefined;
}

/**
 * Says in the words of the domain what the changes of some stacks mean. Pure.
 *
 * @param sources in the order of the run. Stacks without changes count towards the revenue
 * @param guards what guards decided about the changes
 */
export function changePlan(sources: readonly PlanSource[], guards: readonly Guard[] = []): ChangePlan {
  const stacks = sources.map(planned);
  const shown = stacks.filter(isShown);
  const platforms = [...new Set(stacks.map(({ platform }) => platform))];
  const priced = stacks.filter(({ organization }) => organization !== null);
  return {
    version: PLAN_VERSION,
    applied: sources.some(({ applied }) => applied === true),
    platforms: platforms.map((name) => platformPlan(name, stacks)),
    counts: countsOf(shown.flatMap(({ events }) => events.counted)),
    done: countsOf(
      shown.flatMap(({ events }) => events.counted),
      "done",
    ),
    dangers: dangersOf(shown.flatMap(happenings).flatMap(({ events }) => events)),
    revenue: addMonthly(priced.flatMap(({ revenue }) => revenue?.amount ?? [])),
    infrastructure: addMonthly(stacks.flatMap(({ infrastructure: { cost } }) => cost ?? [])),
    due: dueInAll(stacks),
    notPriced: notPricedIn(stacks),
    unpriced: priced.filter(({ revenue }) => revenue?.amount === null).length,
    guards: [...guards].sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict)),
  };
}

interface Planned {
  readonly source: PlanSource;
  readonly platform: string;
  /** Null for the platform's own stack. */
  readonly organization: string | null;
  readonly events: StackEvents;
  /** Null for the platform's own stack. */
  readonly revenue: Revenue | null;
  readonly infrastructure: Infrastructure;
}

function planned(source: PlanSource): Planned {
  const { changes, model, controlPlane, applied = false } = source;
  const { stack } = changes;
  const [platform = stack, ...rest] = stack.split(".");
  const organization = rest.join(".");
  const isOwn = organization === "platform";
  return {
    source,
    platform,
    organization: isOwn ? null : organization,
    events: withRows(withAllowances(eventsOf(changes), changes), changes),
    revenue: isOwn ? null : revenueOf(changes, model, applied),
    infrastructure: infrastructureOf(changes, model, isOwn ? controlPlane : undefined, applied),
  };
}

/** By currency, what is due today as far as it is known. */
function dueInAll(stacks: readonly Planned[]): Money[] {
  const sums = new Map<Currency, number>();
  for (const { source } of stacks) {
    const { amount = null, currency = null } = dueOf(source.changes, source.applied ?? false) ?? {};
    if (amount !== null && currency !== null) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  }
  return [...sums].sort().map(([currency, amount]) => ({ amount, currency }));
}

function notPricedIn(stacks: readonly Planned[]): NotPriced[] {
  const numbers = new Map<string, number>();
  const add = (what: string, number = 1) => numbers.set(what, (numbers.get(what) ?? 0) + number);
  for (const stack of stacks) for (const what of notPricedOf(stack)) add(what);
  const databases = stacks.reduce(
    (sum, { infrastructure: { priced, notPriced } }) => sum + priced + notPriced.length,
    0,
  );
  if (databases > 0) add(BESIDE_COMPUTE, databases);
  return [...numbers].map(([what, number]) => ({ what, number }));
}

/** What has no known price in a stack: a plan by contract, a size without a published price. */
function notPricedOf({ source: { unread }, revenue, infrastructure }: Planned): string[] {
  const plan = revenue?.notPriced ?? null;
  return [...(plan === null ? [] : [unread ?? plan]), ...infrastructure.notPriced];
}

/** Whether there is anything to say about a stack. */
function isShown({ source: { changes, outcome }, events }: Planned): boolean {
  return (
    happenings({ events }).some((each) => each.events.length > 0 || each.other.length > 0) ||
    changes.outputs.length > 0 ||
    changes.problems.length > 0 ||
    changes.removals.length > 0 ||
    outcome === "failed" ||
    outcome === "refused" ||
    outcome === "not started"
  );
}

function happenings({ events }: Pick<Planned, "events">): Happening[] {
  return [events, ...events.workspaces.values()];
}

function platformPlan(name: string, all: readonly Planned[]): PlatformPlan {
  const stacks = all.filter(({ platform }) => platform === name);
  const shown = stacks.filter(isShown);
  const own = shown.find(({ organization }) => organization === null);
  return {
    name,
    own: own === undefined ? null : stackPlan(own),
    organizations: shown.flatMap((each): OrganizationPlan[] =>
      each.organization === null ? [] : [{ name: each.organization, ...stackPlan(each) }],
    ),
    unchanged: stacks.length - shown.length,
  };
}

function stackPlan(stack: Planned): StackPlan {
  const { source, events, revenue, infrastructure } = stack;
  const { changes, outcome } = source;
  return {
    stack: changes.stack,
    outcome,
    events: events.events,
    other: events.other,
    workspaces: [...events.workspaces].map(([name, happening]) => ({ name, ...happening })),
    outputs: changes.outputs,
    counts: countsOf(events.counted),
    done: countsOf(events.counted, "done"),
    revenue: revenue?.amount ?? null,
    infrastructure: infrastructure.cost,
    notPriced: notPricedOf(stack),
    due: dueOf(changes, source.applied ?? false),
    removals: changes.removals,
    problems: changes.problems,
  };
}

/** @param status counts only what has this status, such as what is done */
function countsOf(counted: readonly Counted[], status?: Step["status"]): Counts {
  const counts: Partial<Record<Subject | "other", Partial<Record<EventAction, number>>>> = {};
  for (const [subject, action, its] of counted) {
    if (status !== undefined && its !== status) continue;
    const ofSubject = counts[subject] ?? {};
    counts[subject] = { ...ofSubject, [action]: (ofSubject[action] ?? 0) + 1 };
  }
  return counts;
}

function dangersOf(events: readonly PlanEvent[]): Readonly<Record<Danger, number>> {
  const numberOf = (danger: Danger) => events.filter((event) => event.danger === danger).length;
  return Object.fromEntries(DANGERS.map((danger) => [danger, numberOf(danger)])) as Record<Danger, number>;
}
