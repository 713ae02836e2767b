/**
 * The rules in which the embedded engine differs from the Pulumi CLI on purpose. A rule that no longer differs fails until its line
 * is removed.
 */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "a parent that was not registered is an error":
    "it checks the parent before it creates a default provider, so that less is left behind",
  "a resource is a value": "it omits a reference's package version if there is none",
  "each version has its own default provider":
    "it does not warn that a running provider may have another version",
  "a waiting resource still needs an undeclared one":
    "it keeps dependencies of a waiting resource; the CLI deletes them, and then can't read its own state",
  "a resource is replaced while a dependent waits":
    "it keeps the old resource until no waiting resource needs it",
  "a waiting resource isn't deleted before its replacement":
    "it does not delete what it can't create again in the same run",
  "waiting resources are checked": "it asks nobody about what waits",
  "a waiting component has no outputs":
    "it omits the outputs of a waiting component, for which the CLI ends the run",
  "only targets are destroyed": "it tells of what stays before it fails",
  "a missing target": "it tells of what stays before it fails",
};
