import { isUserOrVendorError, UserError, VendorError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Database } from "../vendors/postgres/database.ts";
import { refusalOf } from "../vendors/postgres/refusal.ts";
import { retry } from "../vendors/postgres/run-script.ts";
import { admit, OTHER_WORKSPACE } from "../vendors/postgres/scripts/admit.ts";
import type { Supabase } from "../vendors/supabase/client.ts";
import { isReachable } from "../vendors/supabase/projects.ts";
import { query } from "../vendors/supabase/query.ts";
import { type AccessList, confirmDelivery, postpone, takeAccessList } from "./access-list.ts";

/** A platform's control plane, and the client for its workspaces' databases. */
export interface DeliveryContext {
  readonly database: Database;
  readonly supabase: Supabase;
  /** The issuer whose tokens workspaces trust. */
  readonly issuer: string;
  /** The time in seconds for which a delivery is valid; null: it never expires; absent: unchanged in the workspace. */
  readonly leaseSeconds?: number | null;
}

/** The result of a delivery. `waiting`: the workspace's project is paused or has no tables yet. */
export interface Delivery {
  /** Organization and workspace: `acme/production`. */
  readonly workspace: string;
  readonly outcome: "delivered" | "waiting" | "failed";
  /** Null if it was delivered. */
  readonly reason: string | null;
}

const heldShape = z.tuple([z.object({ version: z.coerce.number() })]);

/** A database can have a higher version than its control plane after one of them was restored from a backup. */
const MOST_READINGS = 5;
const LONGEST_MILLISECONDS = 20_000;

/**
 * Delivers the current members of a workspace to its database. Retries temporary failures.
 *
 * @param ref the ref of its project
 * @throws UserError if the database belongs to another workspace
 */
export async function deliverTo(
  context: DeliveryContext,
  workspace: string,
  ref: string,
  signal: AbortSignal,
): Promise<void> {
  await retry(async () => {
    const answer = await context.database.transaction((query) => takeAccessList(query, workspace));
    if (answer === undefined) throw noRow(workspace);
    await deliver(context, { ...answer, ref });
  }, signal);
}

/** Delivers an answer once. A failed delivery is recorded and returned, not thrown. */
export async function tryToDeliver(context: DeliveryContext, answer: AccessList): Promise<Delivery> {
  const { name: workspace, ref } = answer;
  if (ref === null) return { workspace, outcome: "waiting", reason: "it has no project" };
  try {
    await deliver(context, { ...answer, ref });
    return { workspace, outcome: "delivered", reason: null };
  } catch (error) {
    if (!isUserOrVendorError(error)) throw error;
    const waiting = await waitsFor(context.supabase, ref, error);
    const reason = waiting ?? error.message;
    const wait = await context.database.transaction((query) => postpone(query, answer, reason));
    if (waiting !== undefined) return { workspace, outcome: "waiting", reason };
    return { workspace, outcome: "failed", reason: `${reason}\n  Next attempt in ${wait} s.` };
  }
}

async function deliver(
  context: DeliveryContext,
  taken: AccessList & { readonly ref: string },
): Promise<void> {
  let answer: AccessList = taken;
  for (let reading = 1; ; reading += 1) {
    const held = await write(context, taken.ref, answer);
    if (held === answer.version) break;
    if (reading === MOST_READINGS)
      throw new UserError(`Another program keeps changing the members in the database of ${answer.name}.`, {
        remedy: `Find out which program changes private.settings in project ${taken.ref}, and stop it.`,
      });
    // Another process delivered later, or a database was restored. Read again, with a version above the database's.
    const next = await context.database.transaction((query) => takeAccessList(query, answer.workspace, held));
    if (next === undefined) throw noRow(answer.workspace);
    answer = next;
  }
  await context.database.transaction((query) => confirmDelivery(query, answer));
}

/** @returns the resulting version of the database */
async function write(
  { supabase, issuer, leaseSeconds }: DeliveryContext,
  ref: string,
  answer: AccessList,
): Promise<number> {
  const { workspace, version, members } = answer;
  const lease = leaseSeconds === undefined ? {} : { leaseSeconds };
  const script = admit({ workspace, issuer, version, members, ...lease });
  try {
    const rows = await inTime(query(supabase, ref, `/* tenantry: access */ ${script}`), ref);
    const [held] = heldShape.parse(rows);
    return held.version;
  } catch (error) {
    throw explained(error, ref, workspace);
  }
}

/** Limits a call's duration, so that it doesn't delay others. A late effect is harmless: versions make writes repeatable. */
async function inTime<T>(call: Promise<T>, ref: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(ref)), LONGEST_MILLISECONDS);
  });
  call.catch(() => undefined);
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}

function noAnswer(ref: string): VendorError {
  return new VendorError({
    vendor: "Supabase",
    operation: `POST /v1/projects/${ref}/database/query`,
    message: `no answer within ${LONGEST_MILLISECONDS / 1000} s`,
    remedy: "Check in Supabase's dashboard whether the project is running.",
  });
}

function explained(error: unknown, project: string, workspace: string): unknown {
  const refusal = refusalOf(error);
  if (refusal?.state !== OTHER_WORKSPACE) return error;
  return new UserError(
    `The database of project ${project} belongs to workspace ${refusal.names}, not to ${workspace}.`,
    {
      remedy: "Give the workspace its own project. A workspace can't use the database of another one.",
      cause: error,
    },
  );
}

/** SQLSTATEs for a table, column or schema that doesn't exist. */
const UNMADE = ["42P01", "42703", "3F000"];

async function waitsFor(supabase: Supabase, ref: string, error: Error): Promise<string | undefined> {
  if (error instanceof VendorError && UNMADE.includes(String(error.status)))
    return "its database doesn't have its tables yet: tenantry up creates them";
  if (error instanceof UserError) return undefined;
  const reachable = await inTime(isReachable(supabase, ref), ref).catch(() => true);
  return reachable ? undefined : "its project is paused or restarting";
}

function noRow(workspace: string): UserError {
  return new UserError(`The control plane has no workspace ${workspace}.`, {
    remedy: "Run tenantry up --refresh, which creates its row again.",
  });
}
