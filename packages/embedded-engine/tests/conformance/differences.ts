/**
 * Where the embedded engine does not do what the Pulumi CLI does, by rule, and why that is no harm. A rule that no longer
 * differs fails until its line is taken out.
 */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  "a parent that was not registered is an error":
    "it looks at the parent before it makes a default provider, so that less is left behind",
  "a resource is a value": "it leaves out a reference's package version where there is none",
  "a version has a default provider of its own":
    "it does not warn that a provider which runs already may be of another version",
  "what still needs something waits, and it is wanted no more":
    "it keeps what a waiting resource needs; the CLI deletes that, and then can't read its own state",
  "what was replaced while something waits to move over":
    "it keeps the old one until nothing that waits needs it",
  "what would be deleted before it is made again waits":
    "it does not delete what it can't make again in the same run",
  "what waits is checked all the same": "it asks nobody about what waits",
  "a component that waits has no outputs":
    "it leaves out the outputs of a component that waits, for which the CLI ends the run",
  "only targets are destroyed": "it tells of what stays before it fails",
  "a target that is not there": "it tells of what stays before it fails",
};
