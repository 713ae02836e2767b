import type { PropertyChange } from "../changes/property-change.ts";
import type { StackChanges } from "../changes/stack.ts";
import { type Allowance, valueText } from "../model/plan-difference.ts";
import type { StackEvents } from "./events.ts";

/** Adds what the organization gains and loses to the event of its other plan. */
export function withAllowances(events: StackEvents, { steps, planMove: move }: StackChanges): StackEvents {
  if (move === undefined) return events;
  const row = steps.find(({ changes }) =>
    changes.some(({ path, after }) => path === "plan" && after === move.to),
  );
  const details = [
    ...move.gains.map((each) => detailOf("gains", each)),
    ...move.losses.map((each) => detailOf("loses", each)),
  ];
  return {
    ...events,
    events: events.events.map((event) =>
      event.subject === "plans" && row !== undefined && event.resources.includes(row.urn)
        ? { ...event, details: [...event.details, ...details] }
        : event,
    ),
  };
}

function detailOf(verb: "gains" | "loses", { kind, name, before, after }: Allowance): PropertyChange {
  const segments = [verb, ...(kind === "credits" ? ["credits"] : []), name];
  return {
    path: segments.join("."),
    segments,
    kind: "update",
    replaces: false,
    before: valueText(before),
    after: valueText(after),
  };
}
