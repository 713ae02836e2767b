import { stacksOf } from "./headline.ts";
import type { ChangePlan, PlanEvent } from "./plan.ts";
import { itemText, sentenceOf } from "./sentence.ts";

/** A dangerous event, and the stack or the workspace in which it happens. */
export interface PlacedDanger {
  readonly event: PlanEvent;
  /** `agntdata.acme`, or `agntdata.acme/production`. */
  readonly place: string;
}

/** The dangers of a plan, in the order of its stacks. */
export function placedDangers(plan: ChangePlan): PlacedDanger[] {
  return stacksOf(plan).flatMap(({ stack, events, workspaces }) =>
    [{ name: "", events }, ...workspaces].flatMap(({ name, events }) =>
      events
        .filter(({ danger }) => danger !== null)
        .map((event) => ({ event, place: name === "" ? stack : `${stack}/${name}` })),
    ),
  );
}

/** How many things a line about a danger names before it counts the rest. */
const NAMED = 12;

/** `adds 2 admins: ada@acme.example (admin), bob@acme.example (admin)`. It may contain text that people typed: escape it. */
export function dangerText(event: PlanEvent): string {
  const sentence = sentenceOf(event);
  const { items } = event;
  if (items.length < 2) return sentence;
  const rest = items.length - NAMED;
  const named = items.slice(0, NAMED).map(itemText).join(", ");
  return `${sentence}: ${named}${rest > 0 ? ` and ${rest.toLocaleString("en-US")} more` : ""}`;
}
