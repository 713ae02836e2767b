import type { PropertyChange } from "../changes/property-change.ts";
import type { Danger, EventAction, Subject } from "./plan.ts";

/** What happens to a workspace, an organization or a platform as a whole. */
export type Lifecycle =
  | "added"
  | "removed"
  | "forgotten"
  | "replaced"
  | "suspended"
  | "archived"
  | "activated";

/** An event before equal ones are joined. */
export interface Draft {
  readonly subject: Subject;
  readonly action: EventAction;
  readonly danger?: Danger;
  /** The sentence if it is the only one: `removes ada@acme.example (admin)`. */
  readonly text: string;
  /** How to join it with others, such as `removes` and `person` for `removes 3 people`. Absent: it isn't joined. */
  readonly joined?: { readonly verb: string; readonly noun: string; readonly suffix?: string };
  readonly item?: { readonly name: string; readonly note?: string };
  readonly details?: readonly PropertyChange[];
  /** Further counts, such as a database's with its workspace. */
  readonly also?: readonly (readonly [Subject, EventAction])[];
}

/** One thing that a step does. */
export interface Claim {
  /** What it is about, so that one line of YAML is listed once: claims with the same key become one event. */
  readonly key: string;
  /** What it is about for others, where its key also says how it changes. */
  readonly topic?: string;
  /** The keys and topics of events that already say this, by preference. If the plan has one of them, this claim is part of it. */
  readonly partOf?: readonly string[];
  /** Absent: if no event says it, it is listed under other changes. */
  readonly draft?: Draft;
  /** The lifecycles beside which it is still told. Default: none, as nobody needs to read it then. */
  readonly besides?: readonly Lifecycle[];
  /** The property changes that it covers. */
  readonly changes: readonly PropertyChange[];
}

/** Told beside changes of state, but not for new and removed workspaces, for which it is always the same. */
export const IF_KEPT: readonly Lifecycle[] = ["suspended", "archived", "activated"];

/** Told for new workspaces too, because the manifest declares it. */
export const IF_DECLARED: readonly Lifecycle[] = [...IF_KEPT, "added", "replaced"];

/** Told when its workspace is removed too, because somebody loses something. */
export const ALWAYS: readonly Lifecycle[] = [...IF_DECLARED, "removed"];
