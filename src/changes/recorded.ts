import type { ResourceView } from "@tenantry/embedded-engine/interface";
import { currentType } from "../shared/type-token.ts";

/**
 * The recorded resources of a type, also under its former name.
 *
 * @param type `control-plane:Organization`
 */
export function recordedOfType(recorded: readonly ResourceView[], type: string): ResourceView[] {
  return recorded.filter((resource) => currentType(resource.type) === `tenantry:${type}`);
}

/** What an organization's guard in the control plane was declared with; undefined if none is recorded. */
export function guardInputs(
  recorded: readonly ResourceView[],
  organization: string,
): ResourceView["inputs"] | undefined {
  return recordedOfType(recorded, "control-plane:Guard")
    .map(({ inputs }) => inputs)
    .find((inputs) => inputs.organization === organization);
}
