import { ownerKey } from "../say.ts";
import type { Words } from "../words.ts";

export const standby: Words = {
  noun: "standby of the project",

  claims: (reading) => {
    const awake = reading.of("awake");
    if (awake.length > 0 && !reading.isNew && !reading.isRemoved)
      return [
        {
          key: reading.key("awake"),
          partOf: [ownerKey(reading.workspace)],
          draft: {
            subject: "workspaces",
            action: "suspended",
            text: "pauses the project again, because somebody started it",
          },
          changes: reading.step.changes,
        },
      ];
    return [
      {
        key: reading.key("standby"),
        partOf: [ownerKey(reading.workspace)],
        ...(reading.isRemoved
          ? {}
          : {
              draft: {
                subject: "workspaces" as const,
                action: "suspended" as const,
                text: "pauses the project if Supabase allows it",
              },
            }),
        changes: reading.step.changes,
      },
    ];
  },
};
