/** A difference between the access that manifests and policies promise and the live databases. */
export interface Difference {
  /** The object: `policy members read on public.files`, `public.files`. */
  readonly subject: string;
  /** The callers that found it. Absent if it was found in the catalogs. */
  readonly callers?: readonly string[];
  readonly expected: string;
  readonly found: string;
}
