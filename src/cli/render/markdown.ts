import { printable } from "@tenantry/core/printable";
import type { PropertyChange } from "../../changes/property-change.ts";
import { guardItemText, guardPlace, guardSentence, shownGuards } from "../../guards/words.ts";
import { asReported } from "../../plan/applied.ts";
import { costTables, dueUnknownText, notPricedText } from "../../plan/cost-tables.ts";
import { dangerText, placedDangers } from "../../plan/dangers.ts";
import { fullDetailOf } from "../../plan/detail.ts";
import { foldAlike } from "../../plan/fold.ts";
import { hasEvents, headlineOf, stackHeadline, stacksOf, type Tense, tenseOf } from "../../plan/headline.ts";
import {
  type ChangePlan,
  DANGERS,
  type Danger,
  type Guard,
  type Happening,
  type PlanEvent,
  type StackPlan,
} from "../../plan/plan.ts";
import { itemText, sentenceOf } from "../../plan/sentence.ts";
import { count } from "../../shared/format.ts";
import { notEvaluatedCount, notEvaluatedText } from "./not-evaluated.ts";

/** GitHub refuses a comment of more characters. */
const GITHUB_LIMIT = 65_536;

/** How much of the plan is shown. A comment drops detail until it is short enough. */
type Level = "full" | "items" | "events" | "summaries";

const LEVELS: readonly Level[] = ["full", "items", "events", "summaries"];

/** How many items are named at most below an event. */
const ITEMS: Readonly<Record<Level, number>> = {
  full: Number.POSITIVE_INFINITY,
  items: 12,
  events: 0,
  summaries: 0,
};

export interface MarkdownOptions {
  /** The command whose comment it is. A preview and a run have different comments. Default `plan`. */
  readonly command?: "plan" | "up";
  /** Files of code that changed and that the plan didn't run. */
  readonly notEvaluated?: readonly string[];
  /** Distinguishes several comments on one pull request. */
  readonly commentId?: string | undefined;
  /** The most characters. Detail is dropped first; the summary and the dangers never are. */
  readonly limit?: number;
}

/**
 * The first line of each comment. It is the same for the same command and id, so that a workflow finds the comment whatever the
 * plan contains.
 */
function markerOf({ command = "plan", commentId }: MarkdownOptions): string {
  return `<!-- tenantry:${command}${commentId === undefined ? "" : ` ${commentId}`} -->`;
}

/** How many places of a danger are named before only their number is. */
const PLACES = 20;

/**
 * Renders a plan as a comment of a pull request, in GitHub's Markdown. It begins with a hidden marker, by which a workflow finds the
 * comment that it wrote before. After a run, the comment shows what was done, and marks what failed.
 */
export function renderMarkdown(all: ChangePlan, options: MarkdownOptions = {}): string {
  const { notEvaluated = [], limit = GITHUB_LIMIT } = options;
  const plan = asReported(all);
  const head = [markerOf(options), ...headOf(plan, limit), ...notEvaluatedLines(notEvaluated, limit / 8)];
  for (const level of LEVELS) {
    const guards = guardLines(plan, level === "full" ? limit : limit / 4);
    const text = [...head, ...dangerLines(plan, "each"), ...bodyOf(plan, level), ...guards].join("\n");
    if (text.length < limit) return text;
  }
  const guards = guardLines(plan, limit / 4);
  const omitted = ["", "Details are left out, because the comment would be too long.", ""];
  const whole = [...head, ...dangerLines(plan, "each"), ...omitted];
  const moreStacks = (rest: number) => `… and ${count(rest, "more stack")}`;
  const summaries = summaryLines(plan);
  const least = moreStacks(summaries.length).length + 2;
  const room = limit - lengthOf([...head, ...omitted, ...guards]) - least;
  const start =
    lengthOf(whole) + lengthOf(guards) + least < limit
      ? whole
      : [
          ...head,
          ...within(
            dangerLines(plan, "kinds"),
            Math.min(room, guards.length === 0 ? limit / 2 : limit / 4),
            (rest) => `- … and ${count(rest, "more line")}`,
          ),
          ...omitted,
        ];
  const stacks = within(summaries, limit - lengthOf(start) - lengthOf(guards) - 1, moreStacks);
  return [...start, ...stacks, ...guards].join("\n");
}

/** As many lines as fit, the last of which counts those that don't. */
function within(lines: readonly string[], limit: number, more: (rest: number) => string): readonly string[] {
  if (lengthOf(lines) < limit) return lines;
  const room = limit - more(lines.length).length - 1;
  let length = 0;
  const end = lines.findIndex((line) => {
    length += line.length + 1;
    return length >= room;
  });
  return [...lines.slice(0, end), more(lines.length - end)];
}

/** The length of lines with their ends. */
function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length + 1, 0);
}

function headOf(plan: ChangePlan, limit: number): string[] {
  const stacks = stacksOf(plan);
  const refused = stacks.filter(({ removals, problems }) => removals.length > 0 || problems.some(isError));
  return [
    `### ${headlineOf(plan)}`,
    "",
    ...costLines(plan, limit / 8),
    ...(refused.length === 0 ? [] : problemLines(refused, tenseOf(plan), limit / 4)),
  ];
}

/** @param limit the most characters. The names of the files are dropped first */
function notEvaluatedLines(files: readonly string[], limit: number): string[] {
  if (files.length === 0) return [];
  const named = escapeMarkdown(notEvaluatedText(files));
  const said = named.length < limit ? named : escapeMarkdown(notEvaluatedCount(files));
  return [`⚠️ **Not evaluated:** ${said}`, ""];
}

function isError({ severity }: { readonly severity: string }): boolean {
  return severity === "error";
}

/**
 * One table for each currency in which something changes, and what has no price.
 *
 * @param limit the most characters. The rows of stacks are dropped first
 */
function costLines(plan: ChangePlan, limit: number): string[] {
  const whole = costLinesWith(plan, PLACES);
  if (lengthOf(whole) < limit) return whole;
  return [
    ...within(costLinesWith(plan, 0), limit, (rest) => `… and ${count(rest, "more line")} about costs`),
    "",
  ];
}

function costLinesWith(plan: ChangePlan, places: number): string[] {
  const tables = costTables(plan).flatMap(({ currency, columns, rows, all }) => {
    const shown = rows.slice(0, places);
    const rest = rows.length - shown.length;
    const empty = columns.map(() => "|").join(" ");
    return [
      `| ${currency} a month | ${columns.join(" | ")} |`,
      `|---|${columns.map(() => "--:|").join("")}`,
      ...shown.map(({ name, cells }) => rowLine(escapeMarkdown(name), cells)),
      ...(rest === 0
        ? []
        : [`| ${shown.length === 0 ? count(rest, "stack") : `and ${rest} more`} | ${empty}`]),
      rowLine(`**${all.name}**`, all.cells),
      "",
    ];
  });
  const notes = [notPricedText(plan), dueUnknownText(plan)].filter((note) => note !== "");
  return [...tables, ...notes.flatMap((note) => [escapeMarkdown(note), ""])];
}

function rowLine(name: string, cells: readonly string[]): string {
  return `| ${[name, ...cells.map(cellText)].join(" | ")} |`;
}

/** Why an amount isn't known may contain a vendor's words. */
function cellText(cell: string): string {
  return /^[\d., →+−]*$/.test(cell) ? cell : escapeMarkdown(cell.slice(0, LINE));
}

function problemLines(stacks: readonly StackPlan[], tense: Tense, limit: number): string[] {
  const lines = stacks.flatMap((stack) =>
    [...stack.removals, ...stack.problems.filter(isError)].map(
      ({ message }) => `- **${escapeMarkdown(stack.stack)}**: ${escapeMarkdown(firstLine(message))}`,
    ),
  );
  return [
    `**${count(stacks.length, "stack")} ${tense === "done" ? "failed" : "can't be applied"}**`,
    "",
    ...within(lines, limit, (rest) => `- … and ${count(rest, "more problem")}`),
    "",
  ];
}

const LINE = 300;

function firstLine(message: string): string {
  const [line = ""] = message.split("\n");
  return line.length <= LINE ? line : `${line.slice(0, LINE)}…`;
}

const DANGER_TITLES: Readonly<Record<Danger, string>> = {
  data: "Data loss",
  access: "Access opened",
  money: "Money",
};

/**
 * What guards refused and what consents allow, after the whole plan.
 *
 * @param limit the most characters. The items and the entries to add are dropped first; the decisions never are
 */
function guardLines(plan: ChangePlan, limit: number): string[] {
  const guards = shownGuards(plan);
  if (guards.length === 0) return [];
  const head = ["", "### Guards", ""];
  const whole = [...head, ...guards.flatMap((guard) => [guardHead(guard), ...guardDetails(guard)])];
  if (lengthOf(whole) < limit) return whole;
  const short = within(
    guards.map(guardHead),
    limit - lengthOf(head),
    (rest) => `- … and ${count(rest, "more decision")}`,
  );
  return [...head, ...short];
}

function guardHead(guard: Guard): string {
  const verdict = guard.verdict === "refused" ? "⛔ **refused**" : "✅ consented";
  return `- ${verdict}: ${escapeMarkdown(`${guardPlace(guard)} ${guardSentence(guard)}`)}`;
}

/** What the decision is about, and the entries to add. */
function guardDetails(guard: Guard): string[] {
  const shown = guard.items.slice(0, PLACES);
  const rest = guard.items.length - shown.length;
  return [
    ...shown.map((item) => `  - ${escapeMarkdown(guardItemText(item, guard))}`),
    ...(rest > 0 ? [`  - … and ${rest.toLocaleString("en-US")} more`] : []),
    ...guard.remedies.flatMap(({ file, yaml }) => [
      "",
      `  Have it approved, and add to \`consents\` in ${escapeMarkdown(file)}:`,
      "",
      ...fenced("yaml", yaml.trimEnd().split("\n").map(printable)).map((line) => `  ${line}`.trimEnd()),
    ]),
  ];
}

/** Dangers with the same words, or of the same kind, are one line, with the places where they happen. */
function dangerLines(plan: ChangePlan, detail: "each" | "kinds"): string[] {
  const all = placedDangers(plan);
  return DANGERS.flatMap((danger) => {
    const these = all.filter(({ event }) => event.danger === danger);
    if (these.length === 0) return [];
    const groups = new Map<string, { readonly event: PlanEvent; readonly places: string[] }>();
    for (const { event, place } of these) {
      const key = detail === "each" ? dangerText(event) : `${event.subject} ${event.action}`;
      const group = groups.get(key) ?? { event, places: [] };
      groups.set(key, group);
      group.places.push(place);
    }
    const lines = [...groups.values()].map(({ event, places }) => dangerLine(event, places, detail));
    return [`**${DANGER_TITLES[danger]}**`, "", ...lines, ""];
  });
}

function dangerLine(event: PlanEvent, places: readonly string[], detail: "each" | "kinds"): string {
  const others =
    detail === "kinds" && places.length > 1 ? `, and ${count(places.length - 1, "similar danger")}` : "";
  const named = places.slice(0, PLACES).map(escapeMarkdown).join(", ");
  const rest = places.length - PLACES;
  return `- ⚠️ ${escapeMarkdown(dangerText(event))}${others} — ${named}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function bodyOf(plan: ChangePlan, level: Level): string[] {
  if (level === "summaries") return summaryLines(plan);
  const tense = tenseOf(plan);
  return plan.platforms.flatMap(({ own, organizations, unchanged }) => [
    ...(own === null ? [] : stackLines(own, [own.stack], tense, level)),
    ...foldAlike(organizations).flatMap(({ organizations: alike, shared }) =>
      stackLines(
        shared,
        alike.map(({ stack }) => stack),
        tense,
        level,
      ),
    ),
    ...(unchanged === 0 ? [] : [`${count(unchanged, "stack")} unchanged`, ""]),
  ]);
}

function summaryLines(plan: ChangePlan): string[] {
  const tense = tenseOf(plan);
  return stacksOf(plan).map((stack) => `- ${escapeMarkdown(stack.stack)}: ${stackHeadline(stack, tense)}`);
}

function stackLines(stack: StackPlan, names: readonly string[], tense: Tense, level: Level): string[] {
  const shown = names.slice(0, PLACES).join(", ");
  const rest = names.length - PLACES;
  const title = `${shown}${rest > 0 ? ` and ${rest} more` : ""}`;
  return [
    // The content of this line is HTML, which Markdown leaves alone.
    `<details><summary><b>${escapeHtmlLine(title)}</b> ${stackHeadline(stack, tense)}</summary>`,
    "",
    ...(hasEvents(stack) ? happeningLines(stack, level) : outputLines(stack, level)),
    ...stack.workspaces.flatMap((workspace) => [
      `**${escapeMarkdown(`workspace ${workspace.name}`)}**`,
      "",
      ...happeningLines(workspace, level),
    ]),
    ...stack.problems.map(({ severity, message }) => `- ${severity}: ${escapeMarkdown(firstLine(message))}`),
    "",
    "</details>",
    "",
  ];
}

function happeningLines({ events, other }: Happening, level: Level): string[] {
  return [
    ...events.flatMap((event) => eventLines(event, level)),
    ...other.map(
      ({ resource, name, action }) => `- other change: ${escapeMarkdown(`${action} ${resource} ${name}`)}`,
    ),
    "",
    ...(level === "full"
      ? diffLines([...events, ...other].flatMap((each) => ("details" in each ? each.details : each.changes)))
      : []),
  ];
}

/** Outputs follow from what happens, so they are shown only where nothing else does. */
function outputLines({ outputs }: StackPlan, level: Level): string[] {
  const shown = outputs.slice(0, ITEMS[level]).map(({ path }) => `- output ${escapeMarkdown(path)}`);
  const rest = outputs.length - shown.length;
  return [
    ...shown,
    ...(rest > 0 ? [`- … and ${count(rest, "more output")}`] : []),
    "",
    ...(level === "full" ? diffLines(outputs) : []),
  ];
}

function eventLines(event: PlanEvent, level: Level): string[] {
  const mark = event.danger === null ? "" : "⚠️ ";
  const items = event.items.length > 1 ? event.items : [];
  const shown = items.slice(0, ITEMS[level]).map((item) => `  - ${escapeMarkdown(itemText(item))}`);
  const rest = items.length - shown.length;
  return [
    `- ${mark}${escapeMarkdown(sentenceOf(event))}`,
    ...shown,
    ...(rest > 0 && level !== "events" ? [`  - … and ${rest.toLocaleString("en-US")} more`] : []),
  ];
}

/** Values before and after, in a block that Markdown doesn't interpret. */
function diffLines(changes: readonly PropertyChange[]): string[] {
  const lines = changes
    .map(fullDetailOf)
    .flatMap(({ text, kind, removed, added }) => [
      `${{ add: "+", update: "!", delete: "-" }[kind]} ${printable(text)}`,
      ...removed.map((line) => `-   ${printable(line)}`),
      ...added.map((line) => `+   ${printable(line)}`),
    ]);
  return lines.length === 0 ? [] : fenced("diff", lines);
}

/** A block of code, whatever its lines contain. */
function fenced(language: string, lines: readonly string[]): string[] {
  const longest = Math.max(
    2,
    ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)),
  );
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence, ""];
}

/** Separates a text where GitHub would find a mention, a reference, a commit or an emoji, and leaves it as it is to the eye. */
const BREAK = "<!-- -->";

/**
 * Escapes a text so that GitHub's Markdown shows exactly its characters: no formatting, link, mention, reference or emoji.
 *
 * A backslash keeps Markdown from interpreting a character. Mentions, references and e-mail addresses are found in the result,
 * so they are also separated by a comment.
 */
function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\b[0-9a-f]{7,40}\b/gi, (hash) => hash.replace(/.{6}/g, "$&\0"))
    .replace(/\bwww(?=\.)/gi, (prefix) => `${prefix}\0`)
    .replace(/\bGH-(?=\d)/gi, (prefix) => `${prefix}\0`)
    .replace(/[!-/:-@[-`{-~]/g, (mark) => (/[@#:]/.test(mark) ? `\\${mark}\0` : `\\${mark}`))
    .replaceAll("\0", BREAK);
}

/** For a line of HTML within Markdown. Only names of stacks are put there. */
function escapeHtmlLine(text: string): string {
  return printable(text).replace(/[^\w .,-]/g, (character) => `&#${character.codePointAt(0)};${BREAK}`);
}
