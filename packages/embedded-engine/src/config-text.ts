import { isRecord } from "@tenantry/core/is-record";

/**
 * Converts a configuration value to the text that programs and providers get: JSON for lists and maps, as Go writes it, so that
 * both engines pass the same text.
 */
export function configText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? jsonText(value) : String(value);
}

/** Keys are sorted, and the characters that are special in HTML are escaped. */
function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (isRecord(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${jsonText(key)}:${jsonText(value[key])}`).join(",")}}`;
  }
  if (typeof value === "bigint") return String(value);
  return JSON.stringify(value ?? null).replaceAll(
    /[<>&\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
