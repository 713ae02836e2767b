import { Secret } from "@tenantry/core/secret";
import { containsSecrets, containsUnknowns, type PropertyMap } from "./property-value.ts";

/**
 * A stack's outputs as an engine gives them: one that holds a secret is a Secret with its JSON, one that nobody knows is left out.
 *
 * @param open takes secrets out of their marks
 */
export function readableOutputs(
  outputs: PropertyMap,
  open: (outputs: PropertyMap) => PropertyMap,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(open(outputs))
      .filter(([, value]) => !containsUnknowns(value))
      .map(([name, value]) => [
        name,
        containsSecrets(outputs[name] ?? null) ? new Secret(JSON.stringify(value)) : value,
      ]),
  );
}
