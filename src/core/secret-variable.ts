/** The environment variable that gives the value of `{ secret: name }`: `TENANTRY_SECRET_ACME_ANTHROPIC` for `acme-anthropic`. */
export function secretVariable(name: string): string {
  return `TENANTRY_SECRET_${name.toUpperCase().replaceAll("-", "_")}`;
}
