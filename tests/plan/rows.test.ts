import { expect, test } from "vitest";
import type { Asked } from "../../src/changes/asked.ts";
import { changesIn } from "../../src/changes/stack.ts";
import { changePlan } from "../../src/plan/build.ts";
import { planned, step, view } from "../changes/events.ts";

const PROJECT = view("tenantry:supabase:Project", "spis-3-project", {
  id: "abcdefghijklmnopqrst",
  parent: "urn:pulumi:agntdata.acme::tenants::tenantry:index:Organization$tenantry:index:Workspace::spis-3",
});
const inState = (state: string, region = "eu-central-1") => ({ ...PROJECT, inputs: { state, region } });

const DELETED = planned(step("update", inState("suspended"), inState("deleted")));
const ARCHIVED = planned(step("update", inState("archived"), inState("deleted")));
const MOVED = planned(
  step("replace", inState("active"), inState("active", "us-east-1"), {
    detailedDiff: { region: { diffKind: "update-replace", inputDiff: true } },
  }),
);

test.each<[string, typeof DELETED, Asked | undefined, string]>([
  [
    "the rows that are lost",
    DELETED,
    { rows: { [PROJECT.urn]: { value: 41_210 } } },
    "deletes the workspace and its database (41,210 rows, no archive)",
  ],
  [
    "a single row, and its archive",
    ARCHIVED,
    { rows: { [PROJECT.urn]: { value: 1 } } },
    "deletes the workspace and its database (1 row, archived before)",
  ],
  [
    "why the rows aren't known",
    DELETED,
    { rows: { [PROJECT.urn]: { unknown: "the project is paused" } } },
    "deletes the workspace and its database (rows unknown: the project is paused, no archive)",
  ],
  [
    "that the rows weren't counted",
    DELETED,
    undefined,
    "deletes the workspace and its database (rows not counted, no archive)",
  ],
  [
    "the rows of a database that is replaced",
    MOVED,
    { rows: { [PROJECT.urn]: { value: 7 } } },
    "deletes the database of the workspace with all its rows (7 rows) and creates an empty one: eu-central-1 → us-east-1",
  ],
])("the deletion of a database tells %s", (_, event, asked, text) => {
  const changes = { ...changesIn("agntdata.acme", [event]), ...(asked === undefined ? {} : { asked }) };
  const plan = changePlan([{ outcome: "changes", changes, model: null }]);
  const events = plan.platforms[0]?.organizations[0]?.workspaces.flatMap((each) => each.events) ?? [];
  expect(events.map((each) => [each.danger, each.text])).toEqual([["data", text]]);
});
