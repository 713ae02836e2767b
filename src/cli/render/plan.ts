import { printable } from "@tenantry/core/printable";
import type { PropertyChange } from "../../changes/property-change.ts";
import { detailOf } from "../../plan/detail.ts";
import { foldAlike } from "../../plan/fold.ts";
import { hasEvents, OUTPUTS_ONLY } from "../../plan/headline.ts";
import type {
  EventAction,
  Happening,
  OrganizationPlan,
  OtherChange,
  PlanEvent,
  PlatformPlan,
  StackPlan,
} from "../../plan/plan.ts";
import { toldDue } from "../../plan/revenue.ts";
import { dueText, itemText, monthlyChange, sentenceOf, summaryOf } from "../../plan/sentence.ts";
import { count } from "../../shared/format.ts";
import type { Colors } from "./colors.ts";
import type { Branch, Line, Mark } from "./tree.ts";

/** How many items, and how many lines of a text, are shown before only their number is. */
const SHOWN = 12;

/** Arranges what happens to a platform as one tree for each stack; organizations to which the same happens share one. */
export function treesOf({ own, organizations }: PlatformPlan, colors: Colors): Branch[] {
  const folded = foldAlike(organizations.filter(hasContent));
  return [
    ...(own === null || !hasContent(own) ? [] : [treeOf(own, own.stack, colors)]),
    ...folded.map(({ organizations: alike, shared }) => treeOf(shared, nameOf(alike), colors)),
  ];
}

function hasContent(stack: StackPlan): boolean {
  return hasEvents(stack) || stack.outputs.length > 0;
}

function nameOf(alike: readonly [OrganizationPlan, ...OrganizationPlan[]]): string {
  const names = alike.slice(0, SHOWN).map(({ stack }) => stack);
  const rest = alike.length - names.length;
  return `${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function treeOf(stack: StackPlan, name: string, colors: Colors): Branch {
  const due = toldDue(stack);
  const summary = [
    summaryOf(stack.counts, "ahead"),
    stack.revenue === null ? "" : monthlyChange("revenue", stack.revenue),
    stack.infrastructure === null ? "" : monthlyChange("infrastructure", stack.infrastructure),
    due === null ? "" : printable(dueText(due)),
  ];
  const said = summary.filter((text) => text !== "").join(", ") || OUTPUTS_ONLY;
  return {
    label: `${colors.bold(printable(name))}  ${colors.dim(said)}`,
    lines: hasEvents(stack)
      ? linesOf(stack)
      : stack.outputs.flatMap((change) => detailLines(change, 0, "output ")),
    branches: stack.workspaces.map((workspace) => ({
      label: `workspace ${printable(workspace.name)}`,
      lines: linesOf(workspace),
      branches: [],
    })),
  };
}

function linesOf({ events, other }: Happening): Line[] {
  return [...events.flatMap(eventLines), ...other.flatMap(otherLines)];
}

const MARKS: Readonly<Record<EventAction, Mark>> = {
  added: "+",
  activated: "+",
  removed: "-",
  suspended: "-",
  archived: "-",
  forgotten: "-",
  changed: "~",
  rotated: "~",
};

function eventLines(event: PlanEvent): Line[] {
  const mark = event.danger === null ? MARKS[event.action] : "!";
  const items = event.items.length > 1 ? event.items : [];
  const shown = items.slice(0, SHOWN).map((item) => line(MARKS[event.action], itemText(item), 1));
  const rest = items.length - shown.length;
  return [
    line(mark, sentenceOf(event), 0),
    ...shown,
    ...(rest > 0 ? [line(" ", `… and ${rest.toLocaleString("en-US")} more`, 1)] : []),
    ...event.details.flatMap((change) => detailLines(change, 1)),
  ];
}

const OTHER_MARKS: Readonly<Record<OtherChange["action"], Mark>> = {
  create: "+",
  import: "+",
  update: "~",
  refresh: "~",
  replace: "±",
  delete: "-",
  same: " ",
  read: " ",
};

function otherLines({ resource, name, action, changes }: OtherChange): Line[] {
  const told = action === "create" || action === "delete" ? [] : changes;
  return [
    line(OTHER_MARKS[action], `other change: ${resource} ${name}`, 0),
    ...told.flatMap((change) => detailLines(change, 1)),
  ];
}

function detailLines(change: PropertyChange, depth: number, prefix = ""): Line[] {
  const { text, kind, replaces, removed, added } = detailOf(change);
  const mark = ({ add: "+", update: "~", delete: "-" } as const)[kind];
  return [
    line(mark, `${prefix}${text}${replaces ? "  (requires replacement)" : ""}`, depth),
    ...textLines("-", removed, depth + 1),
    ...textLines("+", added, depth + 1),
  ];
}

function textLines(mark: Mark, lines: readonly string[], depth: number): Line[] {
  const shown = lines.slice(0, SHOWN).map((text) => line(mark, text, depth));
  const rest = lines.length - shown.length;
  return rest === 0 ? shown : [...shown, line(mark, `… ${count(rest, "more line")}`, depth)];
}

function line(mark: Mark, text: string, depth: number): Line {
  return { mark, text: printable(text), depth };
}
