import { IF_KEPT } from "../../claim.ts";
import { ownerKey } from "../say.ts";
import type { Words } from "../words.ts";

export const archive: Words = {
  noun: "archive",

  claims: (reading) => [
    {
      key: reading.key("archive"),
      partOf: [ownerKey(reading.workspace)],
      ...(reading.isNew
        ? {
            draft: {
              subject: "databases" as const,
              action: "archived" as const,
              text: "archives the rows of the database",
            },
          }
        : reading.isRemoved
          ? {
              draft: {
                subject: "databases" as const,
                action: "forgotten" as const,
                text: "no longer tracks the archive; its file is kept",
              },
            }
          : {}),
      besides: reading.isNew ? [] : IF_KEPT.filter((lifecycle) => lifecycle === "suspended"),
      changes: reading.step.changes,
    },
  ],
};
