import { isUserOrVendorError, VendorError } from "@tenantry/core/errors";
import type { Asked } from "../changes/asked.ts";
import type { StackChanges, Step } from "../changes/stack.ts";
import type { Context } from "../vendors/connections.ts";
import { countRows } from "../vendors/supabase/count-rows.ts";

const PROJECT = "tenantry:supabase:Project";

/** How long a database may count its rows, and how long its answer is awaited. */
const COUNT_SECONDS = 5;
const WAIT_SECONDS = 10;

/** Asks vendors and databases about the changes of a stack, without writing. */
export type Ask = (changes: StackChanges) => Promise<Asked | undefined>;

/**
 * Asks what a plan tells beside the engine's events: the rows of databases that are deleted. Each is asked once, and what can't be
 * answered is told with its reason.
 *
 * @param context opened to look only
 */
export function askVia(context: Context): Ask {
  return async ({ steps }) => {
    const deleted = steps.flatMap((step) => {
      const ref = deletedProject(step);
      return ref === undefined ? [] : [{ urn: step.urn, ref }];
    });
    if (deleted.length === 0) return undefined;
    const rows = await Promise.all(
      deleted.map(async ({ urn, ref }) => [urn, await rowsOf(context, ref)] as const),
    );
    return { rows: Object.fromEntries(rows) };
  };
}

/** The ref of the project whose database a step deletes. The record of a deleted project has none. */
function deletedProject({ type, action, id, changes }: Step): string | undefined {
  if (type !== PROJECT || id === null) return undefined;
  const state = changes.find(({ path }) => path === "state");
  const isDeleted =
    action === "replace" ||
    (action === "delete" && state?.before !== "deleted") ||
    (action === "update" && state?.after === "deleted");
  return isDeleted ? id : undefined;
}

async function rowsOf({ supabase }: Context, ref: string) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ unknown: string }>((resolve) => {
    const unknown = `the database didn't answer within ${WAIT_SECONDS} s`;
    timer = setTimeout(() => resolve({ unknown }), WAIT_SECONDS * 1000);
  });
  const counted = countRows(supabase, ref, COUNT_SECONDS).then((value) => ({ value }), reasonOf);
  return Promise.race([counted, late]).finally(() => clearTimeout(timer));
}

function reasonOf(error: unknown): { unknown: string } {
  if (!isUserOrVendorError(error)) throw error;
  if (error instanceof VendorError && error.status === "57014")
    return { unknown: `counting took longer than ${COUNT_SECONDS} s` };
  return { unknown: error.message.split("\n")[0] ?? "" };
}
