import { IF_DECLARED } from "../../claim.ts";
import type { Words } from "../words.ts";

export const grant: Words = {
  noun: "grant of credits",

  claims(reading) {
    if (reading.isRemoved)
      return [
        {
          key: reading.key(reading.step.urn),
          partOf: [reading.key("lifecycle")],
          draft: {
            subject: "credits",
            action: "forgotten",
            text: "no longer tracks a grant of credits; they stay",
            joined: { verb: "no longer tracks", noun: "grant", suffix: "of credits; they stay" },
            item: { name: String(reading.at("wallet")?.before ?? reading.step.name) },
          },
          changes: [],
        },
      ];
    if (!reading.isNew) return [];
    const credits = Number(reading.at("credits")?.after ?? 0).toLocaleString("en-US");
    const [wallet, kind] = [reading.text("wallet") ?? "", reading.text("kind") ?? ""];
    return [
      {
        key: reading.key(reading.step.urn),
        draft: {
          subject: "credits",
          action: "added",
          text: `grants ${credits} ${wallet} credits (${kind})`,
          joined: { verb: "posts", noun: "grant", suffix: "of credits" },
          item: { name: wallet, note: `${credits}, ${kind}` },
        },
        besides: IF_DECLARED,
        changes: [],
      },
    ];
  },
};
