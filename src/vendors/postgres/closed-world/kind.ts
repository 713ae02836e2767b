/** A kind of database object that may grant access. */
export interface Kind {
  readonly name: string;
  /** The system catalogs that it covers. */
  readonly covers: readonly string[];
  /**
   * A query for the objects that neither PostgreSQL nor Supabase created. Columns:
   *
   * - `identity`: the object's kind and name
   * - `opens`: the access that it grants, or what it is
   * - `about`: the identity of a declared object that accounts for it, or null
   * - `close`: a statement that closes the access without destroying anything, or null
   *
   * May read `managed (oid, name)`, the schemas whose tables and functions other resources compare.
   */
  readonly rows: string;
}

/** The select list of a kind's query. Every part is an SQL expression. */
export function row(parts: {
  readonly identity: string;
  readonly opens: string;
  readonly about?: string;
  readonly close?: string;
}): string {
  const { identity, opens, about = "null", close = "null" } = parts;
  return `${identity}::text as identity, ${opens}::text as opens, ${about}::text as about, ${close}::text as close`;
}

/** An SQL expression that joins those of its parts that aren't null by commas. */
export function words(...parts: readonly string[]): string {
  return `concat_ws(', ', ${parts.join(", ")})`;
}
