import type { Claim } from "../claim.ts";
import type { Reading } from "../reading.ts";

/** How a plan speaks of one kind of resource. */
export interface Words {
  /** For changes that `claims` leaves out. */
  readonly noun: string;
  /** What a changing step does, in the words of the domain. Changes that no claim covers are listed under other changes. */
  claims(reading: Reading): readonly Claim[];
}
