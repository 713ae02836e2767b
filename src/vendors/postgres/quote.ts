import { escapeIdentifier, escapeLiteral } from "pg";

export { escapeIdentifier, escapeLiteral };

/** Hands a value to the statements that follow in the same transaction; they read it by {@link specification}. */
export function passSpecification(value: unknown): string {
  return `set local tenantry.specification = ${escapeLiteral(JSON.stringify(value))};`;
}

/** The expression that gives what {@link passSpecification} was handed. */
export const specification = "pg_catalog.current_setting('tenantry.specification')::jsonb";
