import { expect, test } from "vitest";
import { argumentsOf, attachedProviders } from "../../../src/engine/cli/arguments.ts";

const WHERE = { stack: "dev", configFile: "/settings/Pulumi.dev.yaml", eventLog: "tcp://127.0.0.1:1" };

test.each([
  ["preview", {}, ["preview"], ["--yes", "--skip-preview", "--refresh"]],
  ["preview", { refresh: true }, ["--refresh"], ["--yes"]],
  ["up", { parallel: 3 }, ["--yes", "--skip-preview", "--parallel 3"], ["--ignore-protect"]],
  ["refresh", { refresh: true, clearPendingCreates: true }, ["--clear-pending-creates"], ["--refresh"]],
  ["up", { policyPacks: [{ folder: "/one" }] }, ["--policy-pack /one"], ["--policy-pack-config"]],
  [
    "preview",
    { policyPacks: [{ folder: "/one" }, { folder: "/two", config: "/two.json" }] },
    ["--policy-pack /one --policy-pack-config /dev/null --policy-pack /two --policy-pack-config /two.json"],
    [],
  ],
  ["destroy", { policyPacks: [{ folder: "/one" }] }, [], ["--policy-pack"]],
  ["up", { continueOnError: true }, ["--continue-on-error"], []],
  ["destroy", { continueOnError: true }, ["--continue-on-error"], []],
  ["preview", { continueOnError: true }, [], ["--continue-on-error"]],
  ["refresh", { continueOnError: true }, [], ["--continue-on-error"]],
  ["destroy", {}, ["--yes"], ["--ignore-protect"]],
  ["destroy", { ignoreProtect: true }, ["--ignore-protect"], []],
] as const)("%s with %j", (kind, options, there, absent) => {
  const text = argumentsOf(kind, WHERE, options).join(" ");
  for (const part of there) expect(text).toContain(part);
  for (const part of absent) expect(text).not.toContain(part);
});

test.each([
  [{}, undefined, undefined],
  [{ tenantry: "127.0.0.1:4711" }, undefined, "tenantry:4711"],
  [{ tenantry: "127.0.0.1:4711", other: "[::1]:5" }, "mine:1", "tenantry:4711,other:5,mine:1"],
])("attaches running providers: %j and %j", (attach, given, expected) => {
  expect(attachedProviders(attach, given)).toBe(expected);
});
