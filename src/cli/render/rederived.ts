import type { PropertyChange } from "../../changes/property-change.ts";
import type { LinesOf } from "./line-renderer.ts";

/**
 * Describes in words that a resource will use the new root secret, because a fingerprint means nothing to a reviewer.
 *
 * @param what the derived values of the resource, as the subject of a sentence
 */
export function renderRederived(what: string): LinesOf {
  const isRederived = ({ path }: PropertyChange) => path === "derivedFrom";
  return (changes) => ({
    lines: changes
      .filter(isRederived)
      .map(() => ({ mark: "~", text: `${what} will be derived from the new root secret`, depth: 1 })),
    rest: changes.filter((change) => !isRederived(change)),
  });
}
