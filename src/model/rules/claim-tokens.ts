import { ownProperty } from "@tenantry/core/own-property";
import { declaredWorkspaces } from "../usage.ts";
import { presentEmails } from "./people.ts";
import { unknownName } from "./platform.ts";
import type { OrganizationRule, OrganizationSubject } from "./subject.ts";

const claimTokenWorkspace: OrganizationRule = {
  name: "claim-token-workspace",
  check: ({ manifest }) => {
    const workspaces = declaredWorkspaces(manifest);
    return tokensOf(manifest).flatMap(({ token, path }) => {
      if (token.workspace === undefined) return [];
      const unknown = unknownName("workspace", workspaces, token.workspace, [...path, "workspace"]);
      if (unknown.length > 0 || ownProperty(workspaces, token.workspace)?.state !== "deleted") return unknown;
      return [
        {
          path: [...path, "workspace"],
          message: `the workspace \`${token.workspace}\` is deleted, so no one can enter it`,
          expected: "a workspace that isn't deleted",
          found: `\`${token.workspace}\``,
          remedy: "name another workspace, or remove the claim token",
        },
      ];
    });
  },
};

/** A token for one workspace suggests that the admin can't reach the others. */
const claimTokenAdmin: OrganizationRule = {
  name: "claim-token-admin",
  check: ({ manifest }) =>
    tokensOf(manifest).flatMap(({ name, token, path }) =>
      token.role === "admin" && token.workspace !== undefined
        ? [
            {
              path: [...path, "workspace"],
              part: "key" as const,
              message: `the claim token \`${name}\` gives the role admin, and admins reach every workspace`,
              expected: "no `workspace` with the role `admin`",
              found: `\`${token.workspace}\``,
              remedy: "remove `workspace`, or change the role to `member`",
            },
          ]
        : [],
    ),
};

/**
 * A token for a member would admit them again after they are removed from `members`. The control plane refuses that too, but the
 * readers of the YAML wouldn't see it.
 */
const claimTokenNewcomer: OrganizationRule = {
  name: "claim-token-of-member",
  check: ({ manifest }) => {
    const present = presentEmails(manifest);
    return tokensOf(manifest).flatMap(({ name, token, path }) =>
      token.email !== undefined && present.has(token.email.toLowerCase())
        ? [
            {
              severity: "warning",
              path: [...path, "email"],
              message: `the claim token \`${name}\` is for ${token.email}, who already belongs to the organization`,
              expected: "a person who isn't a member yet",
              found: `\`${token.email}\``,
              remedy: "remove the claim token",
            },
          ]
        : [],
    );
  },
};

const claimTokenHolds: OrganizationRule = {
  name: "claim-token-expired",
  check: ({ manifest, today }) =>
    tokensOf(manifest).flatMap(({ name, token, path }) =>
      token.expires < today
        ? [
            {
              severity: "warning",
              path: [...path, "expires"],
              message: `the claim token \`${name}\` has expired`,
              expected: `${today} or later`,
              found: `\`${token.expires}\``,
              remedy: "remove it, or set a later date",
            },
          ]
        : [],
    ),
};

export const CLAIM_TOKEN_RULES: readonly OrganizationRule[] = [
  claimTokenWorkspace,
  claimTokenAdmin,
  claimTokenNewcomer,
  claimTokenHolds,
];

function tokensOf(manifest: OrganizationSubject["manifest"]) {
  return Object.entries(manifest.claimTokens ?? {}).map(([name, token]) => ({
    name,
    token,
    path: ["claimTokens", name],
  }));
}
