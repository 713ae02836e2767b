/** The names of the secrets that a value comes from. One is absent where there is no value, or no record of its name. */
export interface SecretSources {
  readonly before?: string;
  readonly after?: string;
}

/** One property that a step changes. A secret is `[secret]` on both sides, also where only one side was marked as one. */
export interface PropertyChange {
  /** As Pulumi writes property paths: `members["ada@acme.example"].role`. */
  readonly path: string;
  readonly segments: readonly string[];
  readonly kind: "add" | "update" | "delete";
  /** Whether it is this property that makes another resource. */
  readonly replaces: boolean;
  readonly before?: unknown;
  readonly after?: unknown;
  /** Where a secret comes from. */
  readonly sources?: SecretSources;
}
