/** Where what was found isn't what the manifests and policies promise. */
export interface Difference {
  /** What was looked at, as `policy members read on public.files` or `public.files`. */
  readonly subject: string;
  /** Who tried; absent where the catalogs were looked at. */
  readonly callers?: readonly string[];
  readonly promised: string;
  readonly found: string;
}
