import { basename } from "node:path";
import { type Diagnostic, reporterOf } from "../../manifest/diagnostic.ts";
import type { OrganizationManifest } from "../../manifest/organization.ts";
import type { ParsedOrganization } from "../../manifest/read.ts";
import { firstNameOf } from "../organization.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule } from "./subject.ts";

/** An organization may have a name again that it had before, but each entry is the name before the next one. */
const previouslyInOrder: OrganizationRule = {
  name: "previously-in-order",
  check: ({ manifest: { name, previously = [] } }) =>
    previously.flatMap((before, index): RuleDiagnostic[] =>
      before === (previously[index + 1] ?? name)
        ? [
            {
              path: ["previously", index],
              message: `\`${before}\` can't be the name before \`${before}\``,
              expected: "the previous names, the oldest first",
              found: `\`${before}\``,
              remedy: "remove it from `previously`",
            },
          ]
        : [],
    ),
};

export const PREVIOUS_NAME_RULES: readonly OrganizationRule[] = [previouslyInOrder];

/** The texts of files whose organization may have had the same first name. */
export function previousNameTexts(manifest: OrganizationManifest): readonly string[] {
  return ["previously", firstNameOf(manifest)];
}

/**
 * Reports organizations that have the same first name and generation: ids are derived from both, so they would be one customer.
 *
 * @param others further organizations of the platform, which are compared but not checked themselves
 */
export function sharedFirstNames(
  organizations: readonly ParsedOrganization[],
  others: readonly ParsedOrganization[] = [],
): readonly Diagnostic[] {
  const byFirstName = new Map<string, ParsedOrganization[]>();
  for (const organization of [...organizations, ...others]) {
    const first = firstNameOf(organization.manifest);
    byFirstName.set(first, [...(byFirstName.get(first) ?? []), organization]);
  }
  return organizations.flatMap((organization) => {
    const all = byFirstName.get(firstNameOf(organization.manifest)) ?? [];
    const other = all.find((each) => each.file !== organization.file && overlap(organization, each));
    return other === undefined ? [] : [conflict(organization, other)];
  });
}

/** A name that is used again needs a generation above all that the renamed organization had. */
function overlap({ manifest: a }: ParsedOrganization, { manifest: b }: ParsedOrganization): boolean {
  const [first, second] = [a, b].map(({ generation = 1 }) => generation) as [number, number];
  // Two files with one name are another mistake, which is reported in only one of them.
  if (!isRenamed(a) && !isRenamed(b)) return false;
  if (isRenamed(a) && isRenamed(b)) return first === second;
  return isRenamed(a) ? second <= first : first <= second;
}

function isRenamed({ previously = [] }: OrganizationManifest): boolean {
  return previously.length > 0;
}

function conflict({ file, manifest }: ParsedOrganization, other: ParsedOrganization): Diagnostic {
  const first = firstNameOf(manifest);
  const { name, generation = 1 } = other.manifest;
  const report = reporterOf(file);
  const rule = "name-used-again";
  if (!isRenamed(manifest))
    return report(
      { severity: "error", rule, path: ["name"] },
      {
        message: `the name \`${first}\` belonged to \`${name}\` before, and ids are derived from first names`,
        expected: `a generation above ${generation}`,
        found: `generation ${manifest.generation ?? 1}`,
        remedy: `add \`generation: ${generation + 1}\` to this new customer, or choose another name`,
      },
    );
  const own = `${basename(other.file)}`;
  return report(
    { severity: "error", rule, path: ["previously", 0] },
    isRenamed(other.manifest)
      ? {
          message: `\`${first}\` is a previous name of \`${name}\` too, in the same generation`,
          expected: "the previous names of this organization",
          found: `\`${first}\` in ${other.file}`,
          remedy: "correct `previously` in one of the two",
        }
      : {
          message: `\`${first}\` is the name of another organization`,
          expected: "a name that no organization has",
          found: `\`${first}\` in ${other.file}`,
          remedy: `if it was renamed to \`${manifest.name}\`, delete ${own}; if ${own} is a new customer, add \`generation: ${(manifest.generation ?? 1) + 1}\` to it; otherwise remove \`previously\``,
        },
  );
}
