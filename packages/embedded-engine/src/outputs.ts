import { Secret } from "@tenantry/core/secret";
import { containsSecrets, containsUnknowns, type PropertyMap } from "./property-value.ts";

/**
 * Converts a stack's outputs for callers: an output that contains a secret becomes a `Secret` with its JSON, and unknown outputs
 * are omitted.
 *
 * @param open decrypts the secrets in the outputs
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
