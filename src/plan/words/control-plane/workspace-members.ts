import { entranceClaims } from "../people.ts";
import { foundClaims, partOfOwner } from "../say.ts";
import { unmanagedClaims, unmanagedGrantClaims } from "../unmanaged.ts";
import type { Words } from "../words.ts";

export const workspaceMembers: Words = {
  noun: "list of who may enter the database",

  claims: (reading) => [
    ...entranceClaims(reading, "members"),
    ...unmanagedClaims(reading, []),
    ...unmanagedGrantClaims(reading, false),
    ...partOfOwner(reading, "state", "project", "issuer"),
    ...foundClaims(reading, "differences", {
      subject: "access",
      one: "corrects who may enter the database",
      joined: { verb: "corrects", noun: "difference", suffix: "in who may enter the database" },
    }),
  ],
};
