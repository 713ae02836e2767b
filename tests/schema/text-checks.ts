import type { TextRule } from "../../src/shared/text-rules.ts";

/** The body of a database's function that tells whether a value follows a rule. */
export function checkOf({ pattern, max }: TextRule): string {
  return `select length(value) <= ${max} and value ~ '${postgresPattern(pattern).replaceAll("'", "''")}'`;
}

/** The same regular expression as PostgreSQL writes it, which has no halves of characters. */
function postgresPattern(pattern: string): string {
  return pattern
    .replaceAll("\\ud800-\\udfff", "")
    .replace(/\\u\{([0-9a-f]+)\}/g, (_, digits: string) => `\\U${digits.padStart(8, "0")}`);
}
