import { escapeIdentifier, escapeLiteral } from "pg";

export { escapeIdentifier, escapeLiteral };

/** A statement that passes a value to the following statements of the transaction. They read it with {@link specification}. */
export function passSpecification(value: unknown): string {
  return `set local tenantry.specification = ${escapeLiteral(JSON.stringify(value))};`;
}

/** An SQL expression for the value that {@link passSpecification} passed. */
export const specification = "pg_catalog.current_setting('tenantry.specification')::jsonb";
