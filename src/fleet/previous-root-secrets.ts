import type { Engine, ResourceView } from "@tenantry/embedded-engine/interface";
import { type RootSecret, rootSecretsFrom } from "../shared/root-secret.ts";
import type { Variables } from "./environment.ts";
import type { FleetStack } from "./fleet.ts";

/**
 * The names of the stacks in which something is still derived from another root secret than the current one: while there is
 * one, the previous root secrets are needed. Undefined where none is set.
 */
export async function stacksOnPreviousRootSecrets(
  engine: Engine,
  stacks: readonly FleetStack[],
  variables: Variables,
): Promise<string[] | undefined> {
  const { TENANTRY_ROOT_SECRET_PREVIOUS } = variables;
  if (!TENANTRY_ROOT_SECRET_PREVIOUS) return undefined;
  const found: string[] = [];
  for (const { spec } of stacks) {
    // A sandbox has a root secret of its own.
    const { current } = rootSecretsFrom(spec.env);
    const resources = (await engine.resources(spec)) ?? [];
    if (resources.some((resource) => isOnPrevious(resource, current))) found.push(spec.stack);
  }
  return found;
}

/** An earlier version recorded no fingerprint, so a database password without one may be that of any root secret. */
function isOnPrevious({ inputs, outputs }: ResourceView, current: RootSecret): boolean {
  if (inputs.state === "deleted") return false;
  const { derivedFrom } = outputs;
  if (typeof derivedFrom === "string") return derivedFrom !== current.fingerprint;
  return inputs.databasePassword !== undefined;
}
