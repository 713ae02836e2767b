import { isRecord } from "@tenantry/core/is-record";
import { printable } from "@tenantry/core/printable";
import type { PropertyChange } from "../../changes/property-change.ts";
import { type Action, changingSteps, type StackChanges, type Step } from "../../changes/stack.ts";
import { UNKNOWN } from "../../changes/values.ts";
import { compareSections, type Labels, labelsFor, spaced } from "./labels.ts";
import type { Branch, Line, Mark } from "./tree.ts";
import { count, formatFields, formatValue } from "./values.ts";

const MARKS: Readonly<Record<Action, Mark>> = {
  create: "+",
  import: "+",
  update: "~",
  refresh: "~",
  replace: "±",
  delete: "-",
  same: " ",
  read: " ",
};

/**
 * Arranges the changes of a stack for a reviewer: its organization or platform, the workspaces in it, and in each of them the
 * sections with changes (members, billing, wallets; project, database, …). Pure.
 */
export function layoutStack(changes: StackChanges): Branch {
  const byUrn = withMissingComponents(changes.steps);
  const resources = changingSteps(changes).filter((step) => !step.component);
  const groups = groupBy(resources, (step) => componentOf(step, byUrn)?.urn ?? null);
  const shown = withAncestors([...groups.keys()], byUrn);
  return {
    label: changes.stack,
    lines: changes.outputs.map((change) => propertyLine("output ", change, [], 0)),
    branches: [...sectionsOf(groups.get(null) ?? [], ""), ...componentBranches(null, shown, groups, byUrn)],
  };
}

/**
 * All steps by URN, including components that the program no longer declares, because deleted resources belong to them. Only
 * the URN of such a component is known: it contains the types of its parents, but not their names.
 */
function withMissingComponents(steps: readonly Step[]): Map<string, Step> {
  const byUrn = new Map(steps.map((step) => [step.urn, step]));
  for (const { parent } of steps) {
    if (parent === null || byUrn.has(parent)) continue;
    const [, , types = "", name = parent] = parent.replace(/^urn:pulumi:/, "").split("::");
    const chain = types.split("$");
    const above = steps.find((step) => step.component && step.type === chain.at(-2));
    byUrn.set(parent, {
      action: "delete",
      urn: parent,
      type: chain.at(-1) ?? types,
      name,
      id: null,
      parent: above?.urn ?? null,
      component: true,
      protected: false,
      status: "planned",
      changes: [],
    });
  }
  return byUrn;
}

function componentBranches(
  parent: string | null,
  shown: ReadonlySet<string>,
  groups: ReadonlyMap<string | null, Step[]>,
  byUrn: ReadonlyMap<string, Step>,
): Branch[] {
  return [...shown]
    .flatMap((urn) => byUrn.get(urn) ?? [])
    .filter((step) => (componentOf(step, byUrn)?.urn ?? null) === parent)
    .map((step) => ({
      label: `${labelsFor(step.type).noun} ${step.name}`,
      lines: [],
      branches: [
        ...sectionsOf(groups.get(step.urn) ?? [], step.name),
        ...componentBranches(step.urn, shown, groups, byUrn),
      ],
    }));
}

/** The nearest component above a step: a resource may have another resource as its parent. */
function componentOf(step: Step, byUrn: ReadonlyMap<string, Step>): Step | undefined {
  let above = step.parent === null ? undefined : byUrn.get(step.parent);
  while (above !== undefined && !above.component)
    above = above.parent === null ? undefined : byUrn.get(above.parent);
  return above;
}

function withAncestors(urns: readonly (string | null)[], byUrn: ReadonlyMap<string, Step>): Set<string> {
  const all = new Set<string>();
  for (const urn of urns)
    for (
      let step = byUrn.get(urn ?? "");
      step !== undefined && !all.has(step.urn);
      step = componentOf(step, byUrn)
    )
      all.add(step.urn);
  return all;
}

interface Entry {
  readonly section: string;
  readonly lines: readonly Line[];
}

function sectionsOf(steps: readonly Step[], component: string): Branch[] {
  const [alike, others] = partition(steps, (step) => step.action === "create" && isAlike(step, steps));
  const entries = [
    ...others.flatMap((step) => entriesOf(step, component)),
    ...[...groupBy(alike, (step) => step.type).values()].map((group) => foldedEntry(group, component)),
  ];
  return [...groupBy(entries, (entry) => entry.section)]
    .sort(([a], [b]) => compareSections(a, b))
    .map(([section, members]) => ({
      label: section,
      lines: members.flatMap((entry) => entry.lines),
      branches: [],
    }));
}

/** PostgreSQL's resources are many and small, so new ones of the same type share a line. */
function isAlike(step: Step, steps: readonly Step[]): boolean {
  return step.type.startsWith("postgresql:") && steps.filter(({ type }) => type === step.type).length > 2;
}

function foldedEntry(steps: readonly Step[], component: string): Entry {
  const { section, noun } = labelsFor(steps[0]?.type ?? "");
  const names = steps.map((step) => shortName(step, component, noun)).join(", ");
  return {
    section,
    lines: [{ mark: "+", text: `${steps.length} × ${noun}: ${formatValue(names)}`, depth: 0 }],
  };
}

/** The lines of a step by heading: one for the resource, and others for its maps, such as members, apps and wallets. */
function entriesOf(step: Step, component: string): Entry[] {
  const labels = labelsFor(step.type);
  const said = step.changes.filter((change) => labels.omitted?.includes(change.segments[0] ?? "") !== true);
  if (said.length === 0 && step.changes.length > 0) return [];
  const own = said.filter((change) => labels.sections?.[change.segments[0] ?? ""] === undefined);
  const headed = said.filter((change) => labels.sections?.[change.segments[0] ?? ""] !== undefined);
  const hasOwnLine = own.length > 0 || headed.length === 0;
  return [
    ...(hasOwnLine ? [{ section: labels.section, lines: resourceLines(step, labels, own, component) }] : []),
    ...headedEntries(headed, labels),
  ];
}

function resourceLines(
  step: Step,
  labels: Labels,
  changes: readonly PropertyChange[],
  component: string,
): Line[] {
  const mark = step.status === "failed" ? "!" : MARKS[step.action];
  const title = titleOf(step, labels, changes, shortName(step, component, labels.noun));
  if (step.action === "create" || step.action === "delete") return [{ mark, text: title, depth: 0 }];
  const [following, told] = partition(changes, ({ after }) => after === UNKNOWN);
  const { lines, rest } = labels.lines?.(told) ?? { lines: [], rest: told };
  return [
    { mark, text: title, depth: 0 },
    ...lines,
    ...rest.flatMap((change) => changeLines(change, labels)),
    ...followingLines(following),
  ];
}

function changeLines(change: PropertyChange, labels: Labels): Line[] {
  const [first = "", name] = change.segments;
  // In "members", a line for each member needs no prefix "members".
  if (first === labels.noun && name !== undefined)
    return [{ ...entryLine(name, change, undefined), depth: 1 }];
  const said = change.kind === "update" && labels.describe?.[change.path]?.(change.before, change.after);
  if (said) return [{ mark: "~", text: `${readable(first)}: ${said}`, depth: 1 }];
  return propertyLines(change, 1);
}

/** Lists properties whose new value depends on another resource's change and isn't known yet. */
function followingLines(changes: readonly PropertyChange[]): Line[] {
  if (changes.length === 0) return [];
  const names = changes.map(({ segments }) => segments.map(readable).join(" › "));
  return [{ mark: "~", text: `${names.join(", ")}: known after the run`, depth: 1 }];
}

function titleOf(step: Step, labels: Labels, changes: readonly PropertyChange[], name: string): string {
  const title = name === "" ? labels.noun : `${labels.noun} ${name}`;
  const protection = step.action === "delete" && step.protected ? " (protected)" : "";
  if (step.action !== "create") return `${title}${protection}`;
  const inputs = Object.fromEntries(changes.map((change) => [change.path, change.after]));
  const facts = (labels.facts ?? []).filter((key) => inputs[key] !== undefined);
  const said = facts.map((key) => formatValue(inputs[key])).filter((text) => text !== "");
  const counted = Object.entries(labels.counts ?? {}).flatMap(([key, noun]) => {
    const map = inputs[key];
    return isRecord(map) ? [count(Object.keys(map).length, noun)] : [];
  });
  const rest = [...said, ...counted];
  return rest.length === 0 ? title : `${labels.noun} ${rest.join(", ")}`;
}

/** A resource's name without those of its component and its type: `launch` for the price `agntdata-launch-price`. */
function shortName({ name, type }: Step, component: string, noun: string): string {
  const own = name.startsWith(`${component}-`) ? name.slice(component.length + 1) : name;
  for (const word of [noun, spaced(type.split(":").at(-1) ?? ""), "control-plane"]) {
    const kind = word.replaceAll(" ", "-").toLowerCase();
    if (own === kind) return "";
    if (own.endsWith(`-${kind}`)) return own.slice(0, -kind.length - 1);
  }
  return own;
}

/** `members["ada@acme.example"].role` becomes a line for Ada under the heading of members. */
function headedEntries(changes: readonly PropertyChange[], labels: Labels): Entry[] {
  return changes.flatMap(splitMap).flatMap((change) => {
    const [map = "", name] = change.segments;
    const section = labels.sections?.[map] ?? map;
    if (name === undefined) return [];
    return [{ section, lines: [entryLine(name, change, labels.gone?.[map])] }];
  });
}

/** Splits the change of a whole map, which is added or removed at once, into changes of its entries. */
function splitMap(change: PropertyChange): PropertyChange[] {
  if (change.segments.length > 1) return [change];
  const value = change.kind === "delete" ? change.before : change.after;
  if (!isRecord(value)) return [change];
  return Object.entries(value).map(([name, each]) => ({
    ...change,
    path: `${change.path}.${name}`,
    segments: [...change.segments, name],
    ...(change.kind === "delete" ? { before: each } : { after: each }),
  }));
}

function entryLine(name: string, change: PropertyChange, gone: string | undefined): Line {
  const within = change.segments.slice(2);
  if (within.length > 0) return propertyLine(`${name} `, { ...change, replaces: false }, within, 0, "~");
  if (change.kind === "update") return { mark: "~", text: `${name}: ${transition(change)}`, depth: 0 };
  const value = change.kind === "delete" ? change.before : change.after;
  const details = isRecord(value) ? formatFields(value) : formatValue(value);
  if (change.kind === "delete" && gone !== undefined)
    return { mark: "-", text: `${name}  ${gone}`, depth: 0 };
  const mark = change.kind === "delete" ? "-" : "+";
  return { mark, text: details === "" ? name : `${name}  ${details}`, depth: 0 };
}

function propertyLine(
  prefix: string,
  change: PropertyChange,
  segments: readonly string[],
  depth: number,
  mark?: Mark,
): Line {
  const path = (segments.length === 0 ? change.segments : segments).map(readable).join(" › ");
  const marks = { add: "+", update: "~", delete: "-" } as const;
  const replaces = change.replaces ? "  (requires replacement)" : "";
  return {
    mark: mark ?? marks[change.kind],
    text: `${prefix}${path}: ${transition(change)}${replaces}`,
    depth,
  };
}

/** A property's line; for text of several lines, also the lines that differ. */
function propertyLines(change: PropertyChange, depth: number): Line[] {
  const { before, after } = change;
  if (typeof before !== "string" || typeof after !== "string" || !`${before}${after}`.includes("\n"))
    return [propertyLine("", change, change.segments, depth)];
  const { removed, added } = differingLines(before.split("\n"), after.split("\n"));
  const heading = { ...change, before: count(removed.length, "line"), after: count(added.length, "line") };
  return [
    propertyLine("", heading, change.segments, depth),
    ...textLines("-", removed, depth + 1),
    ...textLines("+", added, depth + 1),
  ];
}

/** The lines of two texts without those that they share at the beginning and the end. */
function differingLines(before: readonly string[], after: readonly string[]) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { removed: before.slice(start, before.length - end), added: after.slice(start, after.length - end) };
}

const SHOWN_LINES = 12;

function textLines(mark: Mark, lines: readonly string[], depth: number): Line[] {
  const shown = lines.slice(0, SHOWN_LINES).map((line) => ({ mark, text: printable(line), depth }));
  const rest = lines.length - shown.length;
  return rest === 0 ? shown : [...shown, { mark, text: `… ${count(rest, "more line")}`, depth }];
}

function transition(change: PropertyChange): string {
  if (change.kind === "add") return formatValue(change.after);
  if (change.kind === "delete") return `${formatValue(change.before)} → none`;
  const [before, after] = [formatValue(change.before), formatValue(change.after)];
  return before === after ? `${after} (changed)` : `${before} → ${after}`;
}

function readable(segment: string): string {
  return /^[a-z]+([A-Z][a-z]+)+$/.test(segment) ? spaced(segment) : segment;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
