import { messageOf, VendorError } from "@tenantry/core/errors";
import pg from "pg";

/**
 * Converts a failure of PostgreSQL or of the connection. The result names the statement and the constraint but contains no
 * values: details and parameters are left out.
 */
export function asVendorError(error: unknown, statement: string): unknown {
  const operation = statement.trim().split(/\s+/).slice(0, 6).join(" ").slice(0, 80);
  if (error instanceof pg.DatabaseError)
    return new VendorError({
      vendor: "PostgreSQL",
      operation,
      status: error.code,
      message: messageWithoutValues(error),
      remedy: poolerRemedy(error.message) ?? remedyFor(error.code ?? ""),
    });
  if (!(error instanceof Error)) return error;
  return new VendorError({
    vendor: "PostgreSQL",
    operation,
    message: messagesOf(error),
    remedy: "Check the network, and that the project isn't paused, then run again. Nothing is created twice.",
  });
}

/** If none of a host's addresses answers, Node.js throws an AggregateError without a message. */
function messagesOf(error: Error): string {
  const all = error instanceof AggregateError ? error.errors : [error];
  return all.map(messageOf).join("; ");
}

/** Whether a failure is temporary: no response, a deadlock, a serialization failure, a restart or a full pool. */
export function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof VendorError) || error.vendor !== "PostgreSQL") return false;
  if (error.status === undefined) return true;
  const state = String(error.status);
  if (state === POOLER_STATE) return PASSING.has(poolerCode(error) ?? "");
  return ["40001", "40P01", "55P03", "53300"].includes(state) || /^(08|57P)/.test(state);
}

/** Whether every session of the project's pool is taken: by another run, or by a server. */
export function isPoolFull(error: unknown): boolean {
  return FULL.has(poolerCode(error) ?? "");
}

/** Whatever Supabase's pooler refuses has this SQLSTATE. */
const POOLER_STATE = "XX000";

/**
 * The code that the pooler puts before its message, as in `(EMAXCONNSESSION) max clients reached …`. Older versions have
 * texts instead.
 *
 * @see https://github.com/supabase/supavisor lib/supavisor/error.ex, lib/supavisor/errors
 */
function poolerCode(error: unknown): string | undefined {
  if (!(error instanceof VendorError) || error.vendor !== "PostgreSQL" || error.status !== POOLER_STATE)
    return undefined;
  const [, code] = /\((E[A-Z]+)\)/.exec(error.message) ?? [];
  return code ?? OLDER_TEXTS.find(([text]) => text.test(error.message))?.[1];
}

const OLDER_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/tenant or user not found/i, "ENOTFOUND"],
  [/max clients reached in session mode|MaxClientsInSessionMode/i, "EMAXCONNSESSION"],
  [/max client connections reached/i, "EMAXCONN"],
];

const FULL: ReadonlySet<string> = new Set([
  "EMAXCONN",
  "EMAXCONNSESSION",
  "EMAXCLIENTSESSION",
  "ECHECKOUTTIMEOUT",
]);

/** Refusals that pass: the pooler learns of a new project late, and ends its pools when a database restarts. */
const PASSING: ReadonlySet<string> = new Set([...FULL, "ENOTFOUND", "EPOOLTERMINATING", "EDBHANDLEREXITED"]);

/** SQLSTATE class 28: PostgreSQL or the pooler rejected the password. */
export function isWrongPassword(error: unknown): boolean {
  return (
    error instanceof VendorError && error.vendor === "PostgreSQL" && String(error.status).startsWith("28")
  );
}

/** Whether the pooler doesn't know the project, as just after it was created or restored. */
export function isUnknownProject(error: unknown): boolean {
  return poolerCode(error) === "ENOTFOUND";
}

/** The project's network restrictions refuse this machine. The pooler didn't check the password. */
export function isAddressRefused(error: unknown): boolean {
  return poolerCode(error) === "EADDRNOTALLOWED";
}

/** PostgreSQL's messages of the classes 22 and 23 may quote values. */
function messageWithoutValues(error: pg.DatabaseError): string {
  const where = [error.constraint, error.table].filter((name) => name !== undefined).join(" of ");
  if (error.code?.startsWith("23")) return `a constraint was violated: ${where}`;
  if (error.code?.startsWith("22")) return "a value doesn't fit its column";
  return error.message;
}

/** Refusals of Supabase's pooler, which all have the SQLSTATE XX000. */
function poolerRemedy(message: string): string | undefined {
  if (message.includes("EADDRNOTALLOWED"))
    return "The project's network restrictions don't include this machine's address. Add it to `security.network` in the platform's manifest and run `up` from an address that is allowed already, or change the restrictions in Supabase's dashboard (Database settings).";
  if (message.includes("ESSLREQUIRED")) return "The project accepts encrypted connections only.";
  if (/EMAXC|max clients? /i.test(message) || message.includes("ECHECKOUTTIMEOUT"))
    return "All sessions of the project's connection pool are in use: run again when other runs have ended, or raise the pool size in Supabase's dashboard (Database settings, Connection pooling).";
  if (/ENOTFOUND|tenant or user not found/i.test(message))
    return "Supabase's pooler doesn't know the project: wait a minute if it was just created or restored, and see in the dashboard whether it is paused.";
  if (message.includes("ECIRCUITBREAKER"))
    return "Supabase's pooler refuses connections for some minutes after repeated failures: correct their cause, wait, then run again.";
  return undefined;
}

function remedyFor(state: string): string {
  return REMEDIES[state.slice(0, 2)] ?? `See SQLSTATE ${state} in PostgreSQL's documentation, appendix A.`;
}

/** By the SQLSTATE's class. */
const REMEDIES: Readonly<Record<string, string>> = {
  "08": "The database can't be reached at the moment: run again.",
  "22": "Change the value in the manifest.",
  "23": "Another row conflicts with it: see the constraint's name.",
  "25": "A preview or a refresh must not write. This is a bug in tenantry.",
  "28": "The project's password isn't derived from any root secret of this run: set TENANTRY_ROOT_SECRET to the secret of the last run, or add that secret to TENANTRY_ROOT_SECRET_PREVIOUS.",
  "40": "Another transaction blocked this one: run again.",
  "42": "The control plane's schema doesn't match this version of tenantry: run `up` for the platform's stack first.",
  "53": "The database is out of memory, disk or connections: give it a larger compute size, or run again later.",
  "57": "The database cancelled the statement or is restarting: run again.",
  XX: "Check in Supabase's dashboard whether the project is paused or starting, then run again.",
};
