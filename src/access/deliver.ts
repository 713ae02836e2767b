import { UserError, VendorError } from "@tenantry/core/errors";
import * as z from "zod";
import type { Database } from "../vendors/postgres/database.ts";
import { refusalOf } from "../vendors/postgres/refusal.ts";
import { persist } from "../vendors/postgres/run-script.ts";
import { admit, OTHER_WORKSPACE } from "../vendors/postgres/scripts/admit.ts";
import type { Supabase } from "../vendors/supabase/client.ts";
import { isReachable } from "../vendors/supabase/projects.ts";
import { query } from "../vendors/supabase/query.ts";
import { type Answer, postpone, settle, takeAnswer } from "./read.ts";

/** A platform's control plane, and the way to its workspaces' databases. */
export interface Reach {
  readonly database: Database;
  readonly supabase: Supabase;
  /** Whose tokens workspaces trust. */
  readonly issuer: string;
  /** For how many seconds a delivery counts; null: for good; absent: as the workspace has it. */
  readonly leaseSeconds?: number | null;
}

/** What became of a delivery. `waiting`: the workspace's project is paused, or has no tables yet. */
export interface Delivery {
  /** As `acme/production`. */
  readonly workspace: string;
  readonly outcome: "delivered" | "waiting" | "failed";
  /** Null where it was delivered. */
  readonly reason: string | null;
}

const heldShape = z.tuple([z.object({ version: z.coerce.number() })]);

/** A database is higher than its control plane where one of the two was restored from a backup. */
const MOST_READINGS = 5;
const LONGEST_MILLISECONDS = 20_000;

/**
 * Writes to a workspace's database who may enter it, as the control plane says now. Tries again what is worth it.
 *
 * @param ref of its project
 * @throws UserError where the database is another workspace's
 */
export async function deliverTo(
  reach: Reach,
  workspace: string,
  ref: string,
  signal: AbortSignal,
): Promise<void> {
  await persist(async () => {
    const answer = await reach.database.transaction((ask) => takeAnswer(ask, workspace));
    if (answer === undefined) throw noRow(workspace);
    await deliver(reach, { ...answer, ref });
  }, signal);
}

/** As {@link deliverTo}, of an answer that was taken; and never throws for a workspace that fails. */
export async function attempt(reach: Reach, answer: Answer): Promise<Delivery> {
  const { name: workspace, ref } = answer;
  if (ref === null) return { workspace, outcome: "waiting", reason: "it has no project" };
  try {
    await deliver(reach, { ...answer, ref });
    return { workspace, outcome: "delivered", reason: null };
  } catch (error) {
    if (!(error instanceof UserError) && !(error instanceof VendorError)) throw error;
    const waiting = await waitsFor(reach.supabase, ref, error);
    const reason = waiting ?? error.message;
    const wait = await reach.database.transaction((ask) => postpone(ask, answer, reason));
    if (waiting !== undefined) return { workspace, outcome: "waiting", reason };
    return { workspace, outcome: "failed", reason: `${reason}\n  It is tried again in ${wait} s.` };
  }
}

async function deliver(reach: Reach, taken: Answer & { readonly ref: string }): Promise<void> {
  let answer: Answer = taken;
  for (let reading = 1; ; reading += 1) {
    const held = await write(reach, taken.ref, answer);
    if (held === answer.version) break;
    if (reading === MOST_READINGS)
      throw new UserError(`The database of ${answer.name} is written by somebody else all the time.`, {
        remedy: `See who changes private.settings in project ${taken.ref}.`,
      });
    // Somebody has read later, or one of the databases was restored: whatever it holds, what is read now is newer.
    const next = await reach.database.transaction((ask) => takeAnswer(ask, answer.workspace, held));
    if (next === undefined) throw noRow(answer.workspace);
    answer = next;
  }
  await reach.database.transaction((ask) => settle(ask, answer));
}

/** @returns the version that the database then has */
async function write(
  { supabase, issuer, leaseSeconds }: Reach,
  ref: string,
  answer: Answer,
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

/** A call that hangs must not keep others waiting. What it does after all is done twice, or too late to count. */
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
    remedy: "See in Supabase's dashboard whether the project answers.",
  });
}

function explained(error: unknown, project: string, workspace: string): unknown {
  const refusal = refusalOf(error);
  if (refusal?.state !== OTHER_WORKSPACE) return error;
  return new UserError(
    `The database of project ${project} is workspace ${refusal.names}'s, not ${workspace}'s.`,
    {
      remedy: "A workspace never moves into another's database: give it a project of its own.",
      cause: error,
    },
  );
}

/** A table or a column that doesn't exist. */
const UNMADE = ["42P01", "42703", "3F000"];

async function waitsFor(supabase: Supabase, ref: string, error: Error): Promise<string | undefined> {
  if (error instanceof VendorError && UNMADE.includes(String(error.status)))
    return "its database doesn't have its tables yet: tenantry up makes them";
  if (error instanceof UserError) return undefined;
  const reachable = await inTime(isReachable(supabase, ref), ref).catch(() => true);
  return reachable ? undefined : "its project is paused or restarts";
}

function noRow(workspace: string): UserError {
  return new UserError(`The control plane has no workspace ${workspace}.`, {
    remedy: "Run tenantry up --refresh, which makes its row again.",
  });
}
