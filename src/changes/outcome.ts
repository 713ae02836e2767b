/**
 * How the run of a stack ended.
 *
 * - `unchanged`: there is nothing to do. `changes`: a preview found changes. `done`: the changes were applied.
 * - `refused`: something was removed from the YAML that still exists, or a guard refused the changes; nothing ran.
 * - `failed`: see `changes.problems`. Completed changes stay, and the next run continues from there.
 * - `not started`: the run was stopped, or the platform's own stack must succeed first.
 */
export type Outcome = "unchanged" | "changes" | "done" | "refused" | "failed" | "not started";
