import type { OrganizationRule } from "./subject.ts";

/** `<platform>.platform` is the platform's own stack. */
const reservedName: OrganizationRule = {
  name: "reserved-name",
  check: ({ manifest }) =>
    manifest.name === "platform"
      ? [
          {
            path: ["name"],
            message:
              "an organization can't be named `platform`: that is the name of the platform's own stack",
            expected: "another name",
            found: "`platform`",
            remedy: "rename it and its file",
          },
        ]
      : [],
};

export const ORGANIZATION_NAME_RULES: readonly OrganizationRule[] = [reservedName];
