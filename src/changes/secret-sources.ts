import { isRecord } from "@tenantry/core/is-record";
import type { PropertyChange, SecretSources } from "./property-change.ts";

const SECRETS = "tenantry:supabase:Secrets";

/** Adds the names of the sources to changes of secrets, because the values can't be shown. */
export function withSecretSources(
  changes: readonly PropertyChange[],
  type: string,
  before: unknown,
  after: unknown,
): PropertyChange[] {
  if (type !== SECRETS) return [...changes];
  return changes.map((change) => {
    const [map, name] = change.segments;
    if (map !== "secrets" || name === undefined) return change;
    const sources = { ...named("before", before, name), ...named("after", after, name) };
    return Object.keys(sources).length === 0 ? change : { ...change, sources };
  });
}

function named(side: keyof SecretSources, inputs: unknown, name: string): SecretSources {
  const sources = isRecord(inputs) && isRecord(inputs.sources) ? inputs.sources : {};
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  return typeof source === "string" ? { [side]: source } : {};
}
