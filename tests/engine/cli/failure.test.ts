import { expect, test } from "vitest";
import { endingOf, refusalOf, withRemedy } from "../../../src/engine/cli/failure.ts";

const WHERE = { stack: "tiny.acme", backendUrl: "file:///state" };

test.each([
  [0, "succeeded"],
  [1, "failed"],
  [4, "resource failed"],
  [6, "stack not found"],
  [7, "changes found"],
  [8, "cancelled"],
  [null, "cancelled"],
  [255, "failed"],
] as const)("exit code %j means %s", (code, ending) => {
  expect(endingOf(code)).toBe(ending);
});

test.each([
  ["stack not found", "error: no stack named 'tiny.acme' found", /There is no stack tiny\.acme/],
  [
    "failed",
    "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
    /incorrect passphrase/,
  ],
  [
    "failed",
    "error: the stack is currently locked by 1 lock(s). Either wait …",
    /currently locked by 1 lock/,
  ],
  ["failed", "error: [409] Conflict: Another update is currently in progress.", /another update/i],
  [
    "unauthorized",
    "error: invalid access token",
    /refused the Pulumi CLI's credentials: invalid access token/,
  ],
] as const)("%s: %s is a user error", (ending, stderr, message) => {
  expect(refusalOf(WHERE, ending, stderr)).toMatchObject({
    name: "UserError",
    message: expect.stringMatching(message),
  });
});

test("a failed resource isn't a user error", () => {
  expect(refusalOf(WHERE, "resource failed", "")).toBeUndefined();
});

test.each([
  [
    "failed to load language plugin nodejs: no language plugin 'pulumi-language-nodejs' found in the workspace or on your $PATH",
    "pulumi-language-nodejs comes with the Pulumi CLI",
  ],
  [
    "Could not automatically download and install resource plugin 'pulumi-resource-postgresql' at version v3.18.1",
    "pulumi plugin install resource postgresql",
  ],
])("a missing plugin is reported with the command that installs it: %s", (message, remedy) => {
  const text = withRemedy(message);
  expect(text.startsWith(message)).toBe(true);
  expect(text).toContain(remedy);
});

test.each(["update was refused", "creating the project failed (500)"])("%j is not changed", (message) => {
  expect(withRemedy(message)).toBe(message);
});
