/** The names of the secrets that a value comes from. A name is absent if there is no value, or if it wasn't recorded. */
export interface SecretSources {
  readonly before?: string;
  readonly after?: string;
}

/** A property that a step changes. A secret is `[secret]` on both sides, even if only one side is marked as secret. */
export interface PropertyChange {
  /** In Pulumi's syntax: `members["ada@acme.example"].role`. */
  readonly path: string;
  readonly segments: readonly string[];
  readonly kind: "add" | "update" | "delete";
  /** Whether this change requires a replacement. */
  readonly replaces: boolean;
  readonly before?: unknown;
  readonly after?: unknown;
  /** The names of the secrets that the values come from. */
  readonly sources?: SecretSources;
}
