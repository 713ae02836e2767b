import { printable } from "@tenantry/core/printable";
import { maskSecrets } from "./excerpt.ts";

/** A short description of a value from a manifest, safe to print on a terminal. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") {
    const shown = maskSecrets(printable(value));
    return `\`${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}\``;
  }
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") {
    const keys = Object.keys(value);
    if (keys.length === 0) return "an empty map";
    const shown = keys.slice(0, 5).map((key) => `\`${maskSecrets(printable(key)).slice(0, 40)}\``);
    return `a map with ${shown.join(", ")}${keys.length > 5 ? ", …" : ""}`;
  }
  return `\`${String(value)}\``;
}
