/** Where what was found isn't what the manifests and policies promise. */
export interface Difference {
  /** What was looked at, as `policy members read on public.files` or `ada@acme.example, public.files`. */
  readonly subject: string;
  readonly promised: string;
  readonly found: string;
}
