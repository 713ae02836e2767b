import { ownProperty } from "@tenantry/core/own-property";
import type { Path } from "../../manifest/locate.ts";
import { deletionName } from "../consents.ts";
import { declaredWorkspaces } from "../usage.ts";
import { firstName } from "../workspace.ts";
import type { RuleDiagnostic } from "./rule.ts";
import type { OrganizationRule, OrganizationSubject } from "./subject.ts";
import { workspacesOf } from "./workspaces.ts";

/** Ids are derived from a workspace's first name, so a name that was used before needs a higher generation. */
const pathUsedOnce: OrganizationRule = {
  name: "path-used-once",
  check: ({ manifest }) => {
    const workspaces = Object.entries(declaredWorkspaces(manifest));
    if (workspaces.every(([, { previously }]) => previously === undefined)) return [];
    return workspaces.flatMap(([name, workspace]) =>
      workspaces.flatMap(([other, { previously = [], generation: used = 1 }]) => {
        const { generation = 1 } = workspace;
        const begins = firstName(name, workspace);
        if (other === name || !previously.includes(begins) || generation > used) return [];
        return [
          {
            path: ["workspaces", name],
            part: "key" as const,
            message: `the name \`${begins}\` previously belonged to \`${other}\`, and ids are derived from names`,
            expected: `a generation above ${used}`,
            found: `generation ${generation}`,
            remedy: `add \`generation: ${used + 1}\` to \`${name}\`, or choose another name`,
          },
        ];
      }),
    );
  },
};

const previouslyAnother: OrganizationRule = {
  name: "previously-another",
  check: ({ manifest }) =>
    workspacesOf(manifest).flatMap(({ name, workspace, path }) =>
      (workspace.previously ?? []).flatMap((before, index) =>
        before === name || workspace.previously?.indexOf(before) !== index
          ? [
              {
                path: [...path, "previously", index],
                message: `\`${before}\` can't be a previous name of \`${name}\` here`,
                expected: "its previous names, each once",
                found: `\`${before}\``,
                remedy: "remove it from `previously`",
              },
            ]
          : [],
      ),
    ),
};

const throwawayExpired: OrganizationRule = {
  name: "throwaway-expired",
  check: ({ manifest, today }) =>
    workspacesOf(manifest).flatMap(({ name, workspace, path }) =>
      workspace.expires !== undefined &&
      workspace.expires < today &&
      (workspace.state ?? "active") === "active"
        ? [
            {
              severity: "warning",
              path: [...path, "expires"],
              message: `the throwaway workspace \`${name}\` has expired`,
              expected: `${today} or later`,
              found: `\`${workspace.expires}\``,
              remedy: "set `state: archived`, or set a later date",
            },
          ]
        : [],
    ),
};

/** Warns about archives past their date, because only a person decides about deletion. */
const archiveKept: OrganizationRule = {
  name: "archive-kept",
  check: ({ manifest, today }) =>
    workspacesOf(manifest).flatMap(({ name, workspace, path }): RuleDiagnostic[] => {
      const { keepUntil, state = "active" } = workspace;
      if (keepUntil === undefined || state === "deleted") return [];
      if (state !== "archived") {
        return [
          {
            path: [...path, "keepUntil"],
            part: "key",
            message: `the workspace \`${name}\` isn't archived, but \`keepUntil\` only applies to archives`,
            expected: "`keepUntil` with `state: archived`",
            found: `\`state: ${state}\``,
            remedy: "set `state: archived`, or remove `keepUntil` (`expires` marks a throwaway)",
          },
        ];
      }
      if (keepUntil >= today) return [];
      return [
        {
          severity: "warning",
          path: [...path, "keepUntil"],
          message: `the archive of \`${name}\` is past its retention date`,
          expected: `${today} or later`,
          found: `\`${keepUntil}\``,
          remedy: `set \`state: deleted\` with a consent for \`${deletionName(manifest, { ...workspace, name })}\`, or set a later date`,
        },
      ];
    }),
};

/** Checks that a consent exists. Whether it has expired is checked when something is deleted, because it may already be deleted. */
const deletionNeedsConsent: OrganizationRule = {
  name: "deletion-needs-consent",
  check: ({ manifest }) => {
    const consented = new Set((manifest.consents ?? []).map((consent) => consent.delete));
    if (manifest.state === "deleted") {
      const whole = deletionName(manifest);
      return consented.has(whole) ? [] : [unconsented(whole, ["state"])];
    }
    return workspacesOf(manifest).flatMap(({ name, workspace, path }) => {
      const thing = deletionName(manifest, { ...workspace, name });
      if (workspace.state !== "deleted" || consented.has(thing)) return [];
      return [unconsented(thing, [...path, "state"])];
    });
  },
};

/** Deleting an organization deletes its workspaces, so a workspace that is declared to live on, or to be kept, needs a decision. */
const deletedWithOrganization: OrganizationRule = {
  name: "deleted-with-organization",
  check: ({ manifest }) => {
    if (manifest.state !== "deleted") return [];
    return workspacesOf(manifest).flatMap(({ name, workspace: { state }, path }): RuleDiagnostic[] =>
      state === undefined || state === "deleted"
        ? []
        : [
            {
              path: [...path, "state"],
              message: `the workspace \`${name}\` would be deleted with its organization \`${manifest.name}\``,
              expected: "no state, or `deleted`",
              found: `\`state: ${state}\``,
              remedy: `remove it to delete \`${name}\` too, or set \`state: archived\` on the organization`,
            },
          ],
    );
  },
};

const consentNamesDeletion: OrganizationRule = {
  name: "consent-names-deletion",
  check: ({ manifest, today }) =>
    (manifest.consents ?? []).flatMap(({ delete: name, expires }, index): RuleDiagnostic[] => {
      if (name === undefined) return [];
      const path = ["consents", index];
      const named = namedBy(manifest, name);
      if (named === undefined) {
        return [
          {
            path: [...path, "delete"],
            message: `\`${name}\` doesn't exist in this organization`,
            expected: `\`${deletionName(manifest)}\` or \`${deletionName(manifest)}/<workspace>\``,
            found: `\`${name}\``,
            remedy: "correct the name, or remove the consent",
          },
        ];
      }
      const found = [];
      if (named.now !== name) found.push(earlierGeneration(path, name, named.now));
      else if (named.state !== "deleted") found.push(staysOpen(path, name, named.state));
      if (expires < today) found.push(expiredDeletion(path, name, expires, today));
      return found;
    }),
};

/**
 * What a consent to a deletion names, in its current or an earlier generation: its current name in consents, and its state.
 * Undefined if it isn't declared.
 */
function namedBy(manifest: OrganizationSubject["manifest"], consented: string) {
  const [first = "", second] = consented.split("/");
  const [organization, workspaceName] = [
    generationIn(first),
    second === undefined ? null : generationIn(second),
  ];
  const isEarlier = organization.generation < (manifest.generation ?? 1);
  if (organization.name !== manifest.name || organization.generation > (manifest.generation ?? 1))
    return undefined;
  if (workspaceName === null) return { now: deletionName(manifest), state: manifest.state ?? "active" };
  const workspace = ownProperty(declaredWorkspaces(manifest), workspaceName.name);
  if (workspace === undefined) return undefined;
  if (!isEarlier && workspaceName.generation > (workspace.generation ?? 1)) return undefined;
  const now = deletionName(manifest, { ...workspace, name: workspaceName.name });
  return { now, state: manifest.state === "deleted" ? manifest.state : (workspace.state ?? "active") };
}

/** `spike@2` */
function generationIn(text: string) {
  const [name = "", generation = "1"] = text.split("@");
  return { name, generation: Number(generation) };
}

function earlierGeneration(path: Path, name: string, now: string): RuleDiagnostic {
  return {
    severity: "warning",
    path: [...path, "delete"],
    message: `the consent to delete \`${name}\` is about an earlier generation, and doesn't allow deleting \`${now}\``,
    expected: `\`${now}\`, or no consent`,
    found: `\`${name}\``,
    remedy: `remove the consent; to delete \`${now}\`, have that approved`,
  };
}

function staysOpen(path: Path, name: string, state: string): RuleDiagnostic {
  return {
    severity: "warning",
    path: [...path, "delete"],
    message: `the consent names \`${name}\`, which stays`,
    expected: "only what has `state: deleted`",
    found: `\`state: ${state}\``,
    remedy: `remove the consent, or set \`state: deleted\` to delete \`${name}\``,
  };
}

function expiredDeletion(path: Path, name: string, expires: string, today: string): RuleDiagnostic {
  return {
    severity: "warning",
    path: [...path, "expires"],
    message: `the consent to delete \`${name}\` has expired`,
    expected: `${today} or later`,
    found: `\`${expires}\``,
    remedy: "have it approved again with a later date; if it is already deleted, remove both",
  };
}

export const LIFECYCLE_RULES: readonly OrganizationRule[] = [
  pathUsedOnce,
  previouslyAnother,
  throwawayExpired,
  archiveKept,
  deletionNeedsConsent,
  deletedWithOrganization,
  consentNamesDeletion,
];

function unconsented(thing: string, path: Path): RuleDiagnostic {
  return {
    path,
    message: `the deletion of \`${thing}\` has no consent`,
    expected: `an entry in \`consents\` that names \`${thing}\``,
    found: "none",
    remedy: `have it approved: \`consents: [{ delete: ${thing}, reason: …, approvedBy: …, expires: … }]\`, or set \`state: archived\``,
  };
}
