import { describe, expect, test } from "vitest";
import type { DiffResult } from "../src/provider.ts";
import type { ResourceState } from "../src/resource-state.ts";
import { decide, type Situation } from "../src/step-generator.ts";
import { emptyState } from "./states.ts";

const old = { ...emptyState("urn:pulumi:dev::trial::test:index:Thing::a"), id: "1" };
const none: DiffResult = {
  changes: "none",
  replaces: [],
  diffs: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};
const some: DiffResult = { ...none, changes: "some", diffs: ["value"] };
const replacing: DiffResult = { ...some, replaces: ["value"] };
const detailed: DiffResult = {
  ...some,
  detailedDiff: { "value.inner": { kind: "update-replace", inputDiff: true } },
};

interface Case {
  readonly old?: Partial<ResourceState>;
  readonly wanted?: Partial<Situation["wanted"]>;
  readonly diff: DiffResult;
}

const plain: Situation["wanted"] = {
  protect: false,
  replaceOnChanges: [],
  importID: "",
  deleteBeforeReplace: undefined,
};

describe("an existing resource", () => {
  test.each<[string, Case, string]>([
    ["is unchanged without a difference", { diff: none }, "same"],
    ["is updated when it differs", { diff: some }, "update"],
    ["is replaced when the provider names such a property", { diff: replacing }, "replace"],
    ["is replaced when a detailed difference requires it", { diff: detailed }, "replace"],
    [
      "is updated without a difference when its initialization failed",
      { diff: none, old: { initErrors: ["not ready"] } },
      "update",
    ],
    [
      "is created again when its replacement was interrupted",
      { diff: none, old: { pendingReplacement: true } },
      "replace",
    ],
    ["is not replaced for a reason without a change", { diff: { ...none, replaces: ["value"] } }, "same"],
    [
      "is replaced by a change in replaceOnChanges",
      { diff: some, wanted: { replaceOnChanges: ["value"] } },
      "replace",
    ],
    [
      "is replaced by any change with the pattern *",
      { diff: some, wanted: { replaceOnChanges: ["*"] } },
      "replace",
    ],
    [
      "is updated by a change of another property",
      { diff: some, wanted: { replaceOnChanges: ["other"] } },
      "update",
    ],
    [
      "is replaced when its initialization failed and replaceOnChanges covers everything",
      { diff: none, old: { initErrors: ["not ready"] }, wanted: { replaceOnChanges: ["*"] } },
      "replace",
    ],
    [
      "is replaced when its initialization failed and replaceOnChanges names that",
      { diff: none, old: { initErrors: ["not ready"] }, wanted: { replaceOnChanges: ["#initerror"] } },
      "replace",
    ],
    [
      "is updated when its initialization failed and replaceOnChanges names something else",
      { diff: none, old: { initErrors: ["not ready"] }, wanted: { replaceOnChanges: ["value"] } },
      "update",
    ],
    [
      "is replaced by a detailed difference in replaceOnChanges",
      {
        diff: { ...some, detailedDiff: { "value.inner": { kind: "add", inputDiff: true } } },
        wanted: { replaceOnChanges: ["value.inner"] },
      },
      "replace",
    ],
    [
      "is not replaced while it is protected",
      { diff: replacing, wanted: { protect: true }, old: { protect: true } },
      "refuse",
    ],
    [
      "is replaced when its protection ends in the same run",
      { diff: replacing, wanted: { protect: false }, old: { protect: true } },
      "replace",
    ],
    [
      "is not replaced while the program imports it",
      { diff: replacing, wanted: { importID: "1" } },
      "refuse",
    ],
  ])("%s", (_, given, kind) => {
    const decision = decide({
      old: { ...old, ...given.old },
      diff: given.diff,
      wanted: { ...plain, ...given.wanted },
    });
    expect(decision.kind).toBe(kind);
  });
});

describe("the old resource is deleted before its replacement is created", () => {
  test.each<[string, DiffResult, boolean | undefined, boolean]>([
    ["when the provider says so", { ...replacing, deleteBeforeReplace: true }, undefined, true],
    ["when the program says so", replacing, true, true],
    ["not when the program says no", { ...replacing, deleteBeforeReplace: true }, false, false],
    ["not by default", replacing, undefined, false],
  ])("%s", (_, diff, deleteBeforeReplace, deleteFirst) => {
    expect(decide({ old, diff, wanted: { ...plain, deleteBeforeReplace } })).toMatchObject({
      kind: "replace",
      deleteFirst,
    });
  });
});

test("an unknown resource is created", () => {
  expect(decide({ old: undefined, diff: undefined, wanted: { ...plain, protect: true } })).toEqual({
    kind: "create",
  });
});
