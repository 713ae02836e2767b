import type { PropertyChange } from "../../changes/property-change.ts";
import type { Line } from "./tree.ts";

/** Lines for changes that make sense only together, and the changes that are left to show one by one. */
export type LinesOf = (changes: readonly PropertyChange[]) => {
  readonly lines: readonly Line[];
  readonly rest: readonly PropertyChange[];
};
