/** One kind of thing that may open something. */
export interface Kind {
  readonly name: string;
  /** The system catalogs that it speaks for. */
  readonly covers: readonly string[];
  /**
   * Rows of what exists and is neither PostgreSQL's nor Supabase's: `identity`, its name in words; `opens`, what it is or
   * opens; `about`, the declared thing that may excuse it, or null; `close`, a statement that closes it and destroys
   * nothing, or null. May read `managed (oid, name)`: the schemas whose tables and functions other resources compare.
   */
  readonly rows: string;
}

/** The expression of a kind's row. Every part is SQL. */
export function row(parts: {
  readonly identity: string;
  readonly opens: string;
  readonly about?: string;
  readonly close?: string;
}): string {
  const { identity, opens, about = "null", close = "null" } = parts;
  return `${identity}::text as identity, ${opens}::text as opens, ${about}::text as about, ${close}::text as close`;
}

/** A word or two for SQL: `'a', 'b'` joined by a comma where they aren't null. */
export function words(...parts: readonly string[]): string {
  return `concat_ws(', ', ${parts.join(", ")})`;
}
