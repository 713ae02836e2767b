import { stacksOf } from "./headline.ts";
import type { ChangePlan } from "./plan.ts";
import { sentenceOf } from "./sentence.ts";
import { wordsOf } from "./words/of.ts";

/** `customer in Stripe acme-customer`: a resource for people, from its URN. */
export function resourceText(urn: string): string {
  const [types = "", name = ""] = urn.split("::").slice(-2);
  return `${wordsOf(types.split("$").at(-1) ?? "").noun} ${name}`;
}

/** By URN, the event that tells of a resource's operation: `removes ada@acme.example (member)`. It may contain text that people typed. */
export function sentencesByUrn(plan: ChangePlan): ReadonlyMap<string, string> {
  const happenings = stacksOf(plan).flatMap((stack) => [
    { name: "", events: stack.events },
    ...stack.workspaces,
  ]);
  return new Map(
    happenings.flatMap(({ name, events }) =>
      events.flatMap((event) => {
        const said = `${name === "" ? "" : `${name}: `}${sentenceOf(event)}`;
        return event.resources.map((urn) => [urn, said] as const);
      }),
    ),
  );
}
