import { lookup } from "../../core/lookup.ts";
import type { Objection } from "../finding.ts";
import { declaredWorkspaces } from "../usage.ts";
import { firstName } from "../workspace.ts";
import type { OrganizationRule } from "./subject.ts";
import { workspacesOf } from "./workspaces.ts";

/** An id comes from the first path a workspace had, so a path that was used before needs a higher generation. */
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
            message: `the name \`${begins}\` was \`${other}\`'s before, and ids come from names`,
            expected: `a generation above ${used}`,
            found: `generation ${generation}`,
            remedy: `add \`generation: ${used + 1}\` to \`${name}\`, or give it another name`,
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
                expected: "names that it had before, each once",
                found: `\`${before}\``,
                remedy: "take it out of `previously`",
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
              expected: `a day from ${today} on`,
              found: `\`${workspace.expires}\``,
              remedy: "set `state: archived`, or give it a later day",
            },
          ]
        : [],
    ),
};

/** An archive is kept for good, or until a day; past it somebody decides. */
const archiveKept: OrganizationRule = {
  name: "archive-kept",
  check: ({ manifest, today }) =>
    workspacesOf(manifest).flatMap(({ name, workspace, path }): Objection[] => {
      const { keepUntil, state = "active" } = workspace;
      if (keepUntil === undefined || state === "deleted") return [];
      if (state !== "archived") {
        return [
          {
            path: [...path, "keepUntil"],
            part: "key",
            message: `the workspace \`${name}\` isn't archived, and \`keepUntil\` says how long an archive is kept`,
            expected: "`keepUntil` beside `state: archived`",
            found: `\`state: ${state}\``,
            remedy: "set `state: archived`, or take `keepUntil` out (`expires` marks a throwaway)",
          },
        ];
      }
      if (keepUntil >= today) return [];
      return [
        {
          severity: "warning",
          path: [...path, "keepUntil"],
          message: `the archive of \`${name}\` need not be kept any longer`,
          expected: `a day from ${today} on`,
          found: `\`${keepUntil}\``,
          remedy: `set \`state: deleted\` with a consent for \`${manifest.name}/${name}\`, or give it a later day`,
        },
      ];
    }),
};

/** Whether a consent is live is for the run that deletes to judge: what is deleted already stays so when it has expired. */
const deletionNeedsConsent: OrganizationRule = {
  name: "deletion-needs-consent",
  check: ({ manifest }) => {
    const consented = new Set((manifest.consents ?? []).map((consent) => consent.delete));
    if (manifest.state === "deleted") {
      return consented.has(manifest.name) ? [] : [unconsented(manifest.name, ["state"])];
    }
    return workspacesOf(manifest).flatMap(({ name, workspace, path }) => {
      const thing = `${manifest.name}/${name}`;
      if (workspace.state !== "deleted" || consented.has(thing)) return [];
      return [unconsented(thing, [...path, "state"])];
    });
  },
};

const consentNamesDeletion: OrganizationRule = {
  name: "consent-names-deletion",
  check: ({ manifest, today }) =>
    (manifest.consents ?? []).flatMap((consent, index): Objection[] => {
      const [organization, workspaceName] = consent.delete.split("/");
      const workspace =
        workspaceName === undefined ? undefined : lookup(declaredWorkspaces(manifest), workspaceName);
      const exists =
        organization === manifest.name && (workspaceName === undefined || workspace !== undefined);
      if (!exists) {
        return [
          {
            path: ["consents", index, "delete"],
            message: `\`${consent.delete}\` is nothing of this organization`,
            expected: `\`${manifest.name}\` or \`${manifest.name}/<workspace>\``,
            found: `\`${consent.delete}\``,
            remedy: "correct the name, or take the consent out",
          },
        ];
      }
      if (consent.expires >= today) return [];
      return [
        {
          severity: "warning",
          path: ["consents", index, "expires"],
          message: `the consent to delete \`${consent.delete}\` has expired`,
          expected: `a day from ${today} on`,
          found: `\`${consent.expires}\``,
          remedy: "have it approved again until a later day; if it is deleted already, take both out",
        },
      ];
    }),
};

export const LIFE_RULES: readonly OrganizationRule[] = [
  pathUsedOnce,
  previouslyAnother,
  throwawayExpired,
  archiveKept,
  deletionNeedsConsent,
  consentNamesDeletion,
];

function unconsented(thing: string, path: Objection["path"]): Objection {
  return {
    path,
    message: `nobody has consented to delete \`${thing}\``,
    expected: `an entry in \`consents\` that names \`${thing}\``,
    found: "none",
    remedy: `have it approved: \`consents: [{ delete: ${thing}, reason: …, approvedBy: …, expires: … }]\`, or set \`state: archived\``,
  };
}
