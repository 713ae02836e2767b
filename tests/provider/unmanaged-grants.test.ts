import { expect, test } from "vitest";
import { keepGrants } from "../../src/provider/unmanaged.ts";

test.each([
  ["a member keeps the granted workspaces", "member", { bob: { role: "member" } }, { bob: true }],
  ["a former admin doesn't keep the access of the role", "admin", {}, undefined],
  ["a former owner doesn't keep the access of the role", "owner", {}, undefined],
])("%s if the manifest leaves the workspaces out", (_, role, members, unmanagedGrants) => {
  const before = { members: { bob: { role } } };
  expect(keepGrants(before, { members: {}, unmanagedGrants: { bob: true } }, "members")).toEqual({
    members,
    ...(unmanagedGrants && { unmanagedGrants }),
  });
});
