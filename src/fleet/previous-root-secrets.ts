import type { Engine, ResourceView } from "@tenantry/embedded-engine/interface";
import { type RootSecret, rootSecretsFrom } from "../shared/root-secret.ts";
import type { Variables } from "./environment.ts";
import type { FleetStack } from "./fleet.ts";

/**
 * The names of the stacks that still depend on a previous root secret, which must be kept until there are none. Undefined if no
 * previous root secret is set.
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
    // A sandbox has its own root secret.
    const { current } = rootSecretsFrom(spec.env);
    const resources = (await engine.resources(spec)) ?? [];
    if (resources.some((resource) => isOnPrevious(resource, current))) found.push(spec.stack);
  }
  return found;
}

/** Whether a resource may depend on a previous root secret. Early versions recorded no fingerprint of it. */
function isOnPrevious({ inputs, outputs }: ResourceView, current: RootSecret): boolean {
  if (inputs.state === "deleted") return false;
  const { derivedFrom } = outputs;
  if (typeof derivedFrom === "string") return derivedFrom !== current.fingerprint;
  return inputs.databasePassword !== undefined;
}
