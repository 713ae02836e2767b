import { formatValue } from "../../../shared/format.ts";
import type { Draft } from "../../claim.ts";
import type { Reading } from "../../reading.ts";
import { ownerKey, transition } from "../say.ts";
import type { Words } from "../words.ts";

/** Schemas, extensions and privileges of a control plane, which `@pulumi/postgresql` declares. */
export function pluginWords(noun: string): Words {
  return {
    noun,
    claims: (reading) =>
      reading.isNew || reading.isRemoved
        ? [
            {
              key: JSON.stringify(["plugin", reading.step.action, reading.step.urn]),
              partOf: [ownerKey(reading.workspace)],
              draft: wholeDraft(reading, noun),
              changes: [],
            },
          ]
        : reading.step.changes.map((change) => ({
            key: JSON.stringify(["plugin", reading.step.urn, change.path]),
            draft: {
              subject: "privileges" as const,
              action: "changed" as const,
              text: `changes the ${noun} ${reading.step.name}, ${formatValue(change.path)}: ${transition(change)}`,
              danger: "access" as const,
            },
            changes: [change],
          })),
  };
}

function wholeDraft({ isNew, step }: Reading, noun: string): Draft {
  const verb = isNew ? "adds" : "removes";
  const isPrivilege = noun.includes("grant") || noun.includes("privilege");
  return {
    subject: isPrivilege ? "privileges" : "schema",
    action: isNew ? "added" : "removed",
    text: `${verb} the ${noun} ${step.name} in the control plane's database`,
    joined: { verb, noun, suffix: "in the control plane's database" },
    item: { name: step.name },
    ...(isNew && noun.includes("grant") ? { danger: "access" } : {}),
  };
}
