import { VendorError } from "@tenantry/core/errors";
import pg from "pg";

/**
 * A failure of PostgreSQL or of the way to it. It names the statement and the constraint, never a value: details and
 * parameters stay out.
 */
export function asVendorError(error: unknown, statement: string): unknown {
  const operation = statement.trim().split(/\s+/).slice(0, 6).join(" ").slice(0, 80);
  if (error instanceof pg.DatabaseError)
    return new VendorError({
      vendor: "PostgreSQL",
      operation,
      status: error.code,
      message: told(error),
      remedy: poolerRemedy(error.message) ?? remedyFor(error.code ?? ""),
    });
  if (!(error instanceof Error)) return error;
  return new VendorError({
    vendor: "PostgreSQL",
    operation,
    message: messageOf(error),
    remedy: "Check the network and that the project isn't paused, then run again. Nothing is created twice.",
  });
}

/** Node.js says nothing itself of a host none of whose addresses answered. */
function messageOf(error: Error): string {
  const all = error instanceof AggregateError ? error.errors : [error];
  return all.map((each) => (each instanceof Error ? each.message : String(each))).join("; ");
}

/** No answer, a deadlock, a serialization failure, a server that restarts or a full pool. */
export function isWorthRepeating(error: unknown): boolean {
  if (!(error instanceof VendorError) || error.vendor !== "PostgreSQL") return false;
  if (error.status === undefined) return true;
  const state = String(error.status);
  return ["40001", "40P01", "55P03", "53300"].includes(state) || /^(08|57P)/.test(state);
}

/** SQLSTATE class 28: neither PostgreSQL nor the pooler lets in whoever has this password. */
export function isWrongPassword(error: unknown): boolean {
  return (
    error instanceof VendorError && error.vendor === "PostgreSQL" && String(error.status).startsWith("28")
  );
}

/** The pooler doesn't know the project yet, as right after it was made or restored. */
export function isUnknownProject(error: unknown): boolean {
  return error instanceof VendorError && error.vendor === "PostgreSQL" && error.status === "XX000";
}

/** The project's network restrictions don't let this machine in: the pooler looked at no password. */
export function isAddressRefused(error: unknown): boolean {
  return isUnknownProject(error) && error instanceof Error && error.message.includes("EADDRNOTALLOWED");
}

/** Messages of the classes 22 and 23 may quote what was sent. */
function told(error: pg.DatabaseError): string {
  const where = [error.constraint, error.table].filter((name) => name !== undefined).join(" of ");
  if (error.code?.startsWith("23")) return `a rule of the tables isn't kept: ${where}`;
  if (error.code?.startsWith("22")) return "a value has not the form that its column needs";
  return error.message;
}

/** What Supabase's pooler refuses before the database hears of it: all of it is XX000. */
function poolerRemedy(message: string): string | undefined {
  if (message.includes("EADDRNOTALLOWED"))
    return "The project's network restrictions don't hold this machine's address: add it to `security.network` of the platform's manifest, or run from an address that is in it. Until `up` has run from there, change the restrictions in Supabase's dashboard (Database settings).";
  if (message.includes("ESSLREQUIRED")) return "The project accepts encrypted connections only.";
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
  "28": "No root secret of this run makes the project's password: TENANTRY_ROOT_SECRET must be the one of the last run, or TENANTRY_ROOT_SECRET_PREVIOUS must hold that.",
  "40": "Another transaction blocked this one: run again.",
  "42": "The control plane's schema isn't the one that tenantry needs: bring up the platform's stack first.",
  "53": "The database is out of memory, disk or connections: give it a larger compute size, or run again later.",
  "57": "The database cancelled the statement or is restarting: run again.",
  XX: "See in Supabase's dashboard whether the project is paused or on its way up, then run again.",
};
