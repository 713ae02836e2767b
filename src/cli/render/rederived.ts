import type { PropertyChange } from "../../changes/property-change.ts";
import type { LinesOf } from "./lines-of.ts";

/**
 * Says in words that a resource depends on another root secret than before: its fingerprint means nothing to a reviewer.
 *
 * @param what the values of the resource that are derived, as the subject of a sentence
 */
export function rederivedLines(what: string): LinesOf {
  const isRederived = ({ path }: PropertyChange) => path === "derivedFrom";
  return (changes) => ({
    lines: changes
      .filter(isRederived)
      .map(() => ({ mark: "~", text: `${what} will be derived from the new root secret`, depth: 1 })),
    rest: changes.filter((change) => !isRederived(change)),
  });
}
