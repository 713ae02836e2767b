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
          message: `the workspace \`${token.workspace}\` is deleted, so nobody can enter it`,
          expected: "a workspace that isn't deleted",
          found: `\`${token.workspace}\``,
          remedy: "name another workspace, or remove the claim token",
        },
      ];
    });
  },
};

/** Leading an admin into one workspace looks as if the others were closed to them. */
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
              expected: "no `workspace` beside the role `admin`",
              found: `\`${token.workspace}\``,
              remedy: "remove `workspace`, or change the role to `member`",
            },
          ]
        : [],
    ),
};

/**
 * Left in the YAML it would let them in again on the day when they are taken out of `members`. The control plane refuses that
 * too, and says so to nobody who reads the YAML.
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
              expected: "somebody who isn't a member yet",
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
