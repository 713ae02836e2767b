import type { Asked } from "../changes/asked.ts";
import type { StackChanges } from "../changes/stack.ts";
import type { StackEvents } from "./events.ts";
import type { PlanEvent } from "./plan.ts";

const PROJECT = "tenantry:supabase:Project";

/** Tells how many rows are lost with each database that is deleted. */
export function withRows(stack: StackEvents, { steps, asked }: StackChanges): StackEvents {
  const projects = new Set(steps.filter(({ type }) => type === PROJECT).map(({ urn }) => urn));
  const told = (events: readonly PlanEvent[]) =>
    events.map((event): PlanEvent => {
      const urn = event.resources.find((each) => projects.has(each));
      if (urn === undefined || event.danger !== "data") return event;
      return { ...event, text: textWith(event.text, asked?.rows?.[urn]) };
    });
  const workspaces = [...stack.workspaces].map(
    ([name, happening]) => [name, { ...happening, events: told(happening.events) }] as const,
  );
  return { ...stack, events: told(stack.events), workspaces: new Map(workspaces) };
}

type Rows = NonNullable<Asked["rows"]>[string];

/** `deletes the workspace and its database (41,210 rows, no archive)` */
function textWith(text: string, rows: Rows | undefined): string {
  const said = rowsText(rows);
  return text
    .replace(/ \((no archive|archived before)\)$/, (_, archive: string) => ` (${said}, ${archive})`)
    .replace(" with all its rows and ", () => ` with all its rows (${said}) and `);
}

function rowsText(rows: Rows | undefined): string {
  if (rows === undefined) return "rows not counted";
  if ("unknown" in rows) return `rows unknown: ${rows.unknown}`;
  return `${rows.value.toLocaleString("en-US")} ${rows.value === 1 ? "row" : "rows"}`;
}
