import type { PropertyChange } from "../../changes/property-change.ts";
import type { Line } from "./tree.ts";

/** Renders changes that make sense only together. Returns their lines and the remaining changes. */
export type LinesOf = (changes: readonly PropertyChange[]) => {
  readonly lines: readonly Line[];
  readonly rest: readonly PropertyChange[];
};
