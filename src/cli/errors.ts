import { UserError, VendorError } from "@tenantry/core/errors";
import { printable, printableLines } from "@tenantry/core/printable";
import { systemFailure } from "@tenantry/core/system-failure";
import { CommanderError } from "commander";
import type { Colors } from "./render/colors.ts";
import { mapToSource } from "./stack-trace.ts";

/** An error in the output of `--json`, under the key `error`. */
export interface ErrorDocument {
  /** `user`: an edit or another command fixes it. `vendor`: Supabase, Stripe or PostgreSQL failed. `bug`: a bug in tenantry. */
  readonly kind: "user" | "vendor" | "bug";
  readonly message: string;
  readonly remedy: string | null;
  readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
}

export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof UserError)
    return { kind: "user", message: error.message, remedy: error.remedy, place: error.place ?? null };
  if (error instanceof CommanderError)
    return { kind: "user", message: plainUsage(error.message), remedy: "See tenantry --help.", place: null };
  if (error instanceof VendorError)
    return { kind: "vendor", message: error.message, remedy: error.remedy, place: null };
  const system = systemFailure(error);
  if (system !== undefined) return { kind: "user", ...system, place: null };
  return { kind: "bug", message: stackOf(error), remedy: null, place: null };
}

/** Renders an error for the terminal: the message, the place and the remedy. Only bugs in tenantry show a stack trace. */
export function renderError(error: unknown, colors: Colors): string {
  const { kind, message, remedy, place } = errorDocument(error);
  const at = place === null ? "" : `${printable(place.file)}:${place.line}:${place.column}: `;
  const text = printableLines(message);
  const head = `${colors.red("error:")} ${at}${text}`;
  if (kind === "user" && remedy !== null) return `${head}\n  ${colors.cyan(printableLines(remedy))}`;
  if (kind === "bug") return `${colors.red("This is a bug in tenantry; please report it:")}\n${text}`;
  return head;
}

function plainUsage(message: string): string {
  return message.replace(/^error: /, "").trim();
}

function stackOf(error: unknown): string {
  return error instanceof Error ? mapToSource(error.stack ?? error.message) : String(error);
}
