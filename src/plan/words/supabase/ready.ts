import { ownerKey, partOfOwner, rederivedClaims } from "../say.ts";
import type { Words } from "../words.ts";

export const ready: Words = {
  noun: "health of the project's services",

  claims: (reading) => [
    ...(reading.isNew ? [{ key: reading.step.urn, partOf: [ownerKey(reading.workspace)], changes: [] }] : []),
    ...partOfOwner(reading, "state", "project"),
    ...rederivedClaims(reading, "the recorded database passwords"),
  ],
};
