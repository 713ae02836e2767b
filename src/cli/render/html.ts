import { createHash } from "node:crypto";
import { printable } from "@tenantry/core/printable";
import type { PropertyChange } from "../../changes/property-change.ts";
import { guardItemText, guardPlace, guardSentence, shownGuards } from "../../guards/words.ts";
import { asReported } from "../../plan/applied.ts";
import { type CostRow, costTables, dueUnknownText, notPricedText } from "../../plan/cost-tables.ts";
import { dangerText, placedDangers } from "../../plan/dangers.ts";
import { fullDetailOf } from "../../plan/detail.ts";
import { foldAlike } from "../../plan/fold.ts";
import { hasEvents, headlineOf, stackHeadline, type Tense, tenseOf } from "../../plan/headline.ts";
import type {
  ChangePlan,
  Guard,
  Happening,
  OrganizationPlan,
  OtherChange,
  PlanEvent,
  StackPlan,
} from "../../plan/plan.ts";
import { itemText, sentenceOf } from "../../plan/sentence.ts";
import { count } from "../../shared/format.ts";
import { notEvaluatedText } from "./not-evaluated.ts";

/**
 * Renders a plan as one page that needs nothing else: dangers, the costs before and after, and a tree of organizations and
 * workspaces with a filter. After a run, the page shows what was done, and marks what failed.
 *
 * Its content security policy allows only its own style and script, by their digests. Without scripts only the filter is missing.
 *
 * @param notEvaluated files of code that changed and that the plan didn't run
 */
export function renderHtml(all: ChangePlan, notEvaluated: readonly string[] = []): string {
  const plan = asReported(all);
  const title = headlineOf(plan);
  const policy = `default-src 'none'; style-src '${digestOf(STYLE)}'; script-src '${digestOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="filter"><label>Filter <input id="filter" type="search" placeholder="organization, person, key…"></label>
<label><input id="dangers-only" type="checkbox"> dangers only</label></p>
</header>
<main>
${notEvaluatedOf(notEvaluated)}${dangersOf(plan)}
${costsOf(plan)}
${plan.platforms.map((platform) => platformOf(platform, tenseOf(plan))).join("\n")}
${guardsOf(plan)}</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8886; --dim: #777; --danger: #c62828; --add: #1b7f37; --remove: #c62828; --change: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --dim: #999; --danger: #ff8a80; --add: #57d27a; --remove: #ff8a80; --change: #e3b341; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; background: Canvas; color: CanvasText; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
header { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid var(--line); }
input[type=search] { font: inherit; width: 20rem; max-width: 60%; }
ul { list-style: none; padding-left: 1.2rem; margin: .3rem 0; }
details { border-left: 2px solid var(--line); padding-left: .8rem; margin: .5rem 0; }
summary { cursor: pointer; } summary span, .dim { color: var(--dim); }
.danger > .text { color: var(--danger); font-weight: 600; }
.added::before { content: "+ "; color: var(--add); } .removed::before { content: "− "; color: var(--remove); }
.changed::before { content: "~ "; color: var(--change); }
table { border-collapse: collapse; } th, td { padding: .15rem .8rem .15rem 0; text-align: left; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2rem 0 .2rem 1.2rem; font-size: 13px; }
pre ins { color: var(--add); text-decoration: none; } pre del { color: var(--remove); text-decoration: none; }
[hidden] { display: none; }
`;

const SCRIPT = `
const filter = document.getElementById("filter");
const only = document.getElementById("dangers-only");
const blocks = [...document.querySelectorAll("[data-stack]")].map((block) => [block, block.textContent.toLowerCase()]);
function apply() {
  const word = filter.value.trim().toLowerCase();
  for (const [block, text] of blocks) {
    block.hidden = !text.includes(word) || (only.checked && !block.matches(".danger") && block.querySelector(".danger") === null);
    for (const event of block.querySelectorAll("[data-event]"))
      event.hidden = only.checked && !event.classList.contains("danger");
  }
}
filter.addEventListener("input", apply);
only.addEventListener("change", apply);
`;

function digestOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** Escapes a text for HTML, in an element or in a quoted attribute. */
function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A text that may contain what people typed. Its direction doesn't affect the text around it. */
function typed(text: string): string {
  return `<bdi>${escapeHtml(text)}</bdi>`;
}

function notEvaluatedOf(files: readonly string[]): string {
  return files.length === 0 ? "" : `<p><b>Not evaluated:</b> ${typed(notEvaluatedText(files))}</p>\n`;
}

function dangersOf(plan: ChangePlan): string {
  const lines = placedDangers(plan).map(
    ({ event, place }) =>
      `<li class="danger" data-stack><span class="text">${typed(dangerText(event))}</span> <span class="dim">${typed(place)}</span></li>`,
  );
  return lines.length === 0 ? "" : `<section><h2>Dangers</h2><ul>${lines.join("\n")}</ul></section>`;
}

/** One table for each currency in which something changes. */
function costsOf(plan: ChangePlan): string {
  const tables = costTables(plan).map(
    ({ currency, columns, rows, all }) =>
      `<table><tr>${[`${currency} a month`, ...columns].map((name) => `<th>${escapeHtml(name)}</th>`).join("")}</tr>
${[...rows, all].map(costRow).join("\n")}
</table>`,
  );
  const notes = [notPricedText(plan), dueUnknownText(plan)].filter((note) => note !== "");
  if (tables.length + notes.length === 0) return "";
  const said = notes.map((note) => `<p class="dim">${typed(note)}</p>`).join("");
  return `<section><h2>Costs</h2>${tables.join("\n")}${said}</section>`;
}

/** After the whole plan, because the decisions of guards are separate from it. */
function guardsOf(plan: ChangePlan): string {
  const guards = shownGuards(plan);
  if (guards.length === 0) return "";
  return `<section><h2>Guards</h2><ul>${guards.map(guardOf).join("\n")}</ul></section>\n`;
}

function guardOf(guard: Guard): string {
  const isRefused = guard.verdict === "refused";
  const items = guard.items.map((item) => `<li>${typed(guardItemText(item, guard))}</li>`);
  const remedies = guard.remedies.map(
    ({ file, yaml }) =>
      `<p>Have it approved, and add to <code>consents</code> in ${typed(file)}:</p><pre>${yaml.split("\n").map(escapeHtml).join("\n")}</pre>`,
  );
  return `<li class="${isRefused ? "danger" : "consented"}" data-stack><b>${guard.verdict}</b> <span class="text">${typed(`${guardPlace(guard)} ${guardSentence(guard)}`)}</span><ul>${items.join("")}</ul>${remedies.join("")}</li>`;
}

function costRow({ name, cells }: CostRow): string {
  return `<tr><td>${typed(name)}</td>${cells.map((cell) => `<td class="n">${escapeHtml(cell)}</td>`).join("")}</tr>`;
}

function platformOf(
  { name, own, organizations, unchanged }: ChangePlan["platforms"][number],
  tense: Tense,
): string {
  const rest = unchanged === 0 ? "" : `<p class="dim">${count(unchanged, "stack")} unchanged</p>`;
  const blocks = [
    ...(own === null ? [] : [stackOf(own, "the platform itself", tense)]),
    ...foldAlike(organizations).map(({ organizations: alike, shared }) =>
      stackOf(shared, namesOf(alike), tense),
    ),
  ];
  return `<section><h2>${typed(name)}</h2>${blocks.join("\n")}${rest}</section>`;
}

function namesOf(alike: readonly OrganizationPlan[]): string {
  return alike.map(({ name }) => name).join(", ");
}

function stackOf(stack: StackPlan, name: string, tense: Tense): string {
  const workspaces = stack.workspaces.map(
    (workspace) =>
      `<details open><summary>workspace ${typed(workspace.name)}</summary>${happeningOf(workspace)}</details>`,
  );
  return `<details open data-stack><summary><b>${typed(name)}</b> <span>${escapeHtml(stackHeadline(stack, tense))}</span></summary>
${problemsOf(stack)}${hasEvents(stack) ? happeningOf(stack) : outputsOf(stack)}${workspaces.join("\n")}</details>`;
}

/** Outputs follow from what happens, so they are shown only where nothing else does. */
function outputsOf({ outputs }: StackPlan): string {
  const items = outputs.map(
    (change) => `<li class="changed" data-event>output ${typed(change.path)}${detailsOf([change])}</li>`,
  );
  return items.length === 0 ? "" : `<ul>${items.join("\n")}</ul>`;
}

function problemsOf({ removals, problems }: StackPlan): string {
  const lines = [
    ...removals.map(({ message, remedy }) => `refused: ${message}\n${remedy}`),
    ...problems.map(({ severity, message }) => `${severity}: ${message}`),
  ];
  return lines.map((text) => `<pre>${text.split("\n").map(escapeHtml).join("\n")}</pre>`).join("");
}

function happeningOf({ events, other }: Happening): string {
  const items = [...events.map(eventOf), ...other.map(otherOf)];
  return items.length === 0 ? "" : `<ul>${items.join("\n")}</ul>`;
}

const CLASSES: Readonly<Record<PlanEvent["action"], string>> = {
  added: "added",
  activated: "added",
  removed: "removed",
  suspended: "removed",
  archived: "removed",
  forgotten: "removed",
  changed: "changed",
  rotated: "changed",
};

function eventOf(event: PlanEvent): string {
  const names = [CLASSES[event.action], ...(event.danger === null ? [] : ["danger"])].join(" ");
  const items = event.items.length > 1 ? event.items.map((item) => `<li>${typed(itemText(item))}</li>`) : [];
  const list = items.length === 0 ? "" : `<ul>${items.join("")}</ul>`;
  return `<li class="${names}" data-event><span class="text">${typed(sentenceOf(event))}</span>${list}${detailsOf(event.details)}</li>`;
}

const OTHER_CLASSES: Readonly<Partial<Record<OtherChange["action"], string>>> = {
  create: "added",
  import: "added",
  delete: "removed",
};

function otherOf({ resource, name, action, changes }: OtherChange): string {
  return `<li class="${OTHER_CLASSES[action] ?? "changed"}" data-event>other change: ${typed(`${resource} ${name}`)}${detailsOf(changes)}</li>`;
}

/** Values before and after, in full. */
function detailsOf(changes: readonly PropertyChange[]): string {
  return changes
    .map(fullDetailOf)
    .map(({ text, removed, added }) => {
      const lines = [
        ...removed.map((line) => `<del>- ${escapeHtml(line)}</del>`),
        ...added.map((line) => `<ins>+ ${escapeHtml(line)}</ins>`),
      ];
      return `<pre>${[escapeHtml(text), ...lines].join("\n")}</pre>`;
    })
    .join("");
}
