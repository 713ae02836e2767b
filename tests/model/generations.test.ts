import { describe, expect, test } from "vitest";
import { refusedGeneration } from "../../src/model/generations.ts";

const deleted = (generation: number) => ({ generation, isDeleted: true });
const living = (generation: number) => ({ generation, isDeleted: false });

describe("a generation of an organization", () => {
  test.each([
    ["the first one", 1, "active", []],
    ["the first one again", 1, "active", [living(1)]],
    ["the one after a deleted one", 2, "active", [deleted(1)]],
    ["the one after a deleted one, in a run that was killed", 2, "active", [deleted(1), living(2)]],
    ["the third one", 3, "suspended", [deleted(1), deleted(2)]],
    ["any, in a new control plane", 4, "active", []],
    ["a deleted one that stays deleted", 1, "deleted", [deleted(1)]],
  ] as const)("is accepted: %s", (_, generation, state, recorded) => {
    expect(refusedGeneration({ name: "acme", generation, state }, recorded)).toBeUndefined();
  });

  test.each([
    [
      "a deleted one becomes active",
      1,
      "active",
      [deleted(1)],
      "the organization acme was deleted, and a deleted organization doesn't become active again",
      /^Set `generation: 2` to start a new one/,
    ],
    [
      "a deleted one becomes suspended",
      2,
      "suspended",
      [deleted(1), deleted(2)],
      "the organization acme was deleted, and a deleted organization doesn't become active again",
      /^Set `generation: 3` to start a new one/,
    ],
    [
      "the one before lives",
      2,
      "active",
      [living(1)],
      "the organization acme can't start generation 2, because its generation 1 isn't deleted",
      /^Set `generation: 1` and `state: deleted` with a consent, and run `up`\. Then set `generation: 2`\.$/,
    ],
    [
      "an earlier one lives",
      3,
      "active",
      [living(1), deleted(2)],
      "the organization acme can't start generation 3, because its generation 1 isn't deleted",
      /^Set `generation: 1`/,
    ],
    [
      "a number is skipped",
      3,
      "active",
      [deleted(1)],
      "generation 3 of the organization acme doesn't follow generation 1, its last one",
      /^Set `generation: 2`\.$/,
    ],
    [
      "it is lowered below a living one",
      1,
      "active",
      [deleted(1), living(2)],
      "the organization acme was deleted, and a deleted organization doesn't become active again",
      /generation: 2/,
    ],
    [
      "it is lowered below a deleted one",
      1,
      "active",
      [deleted(2)],
      "generation 1 of the organization acme is over: generation 2 followed it",
      /^Set `generation: 3`\.$/,
    ],
  ] as const)("is refused where %s", (_, generation, state, recorded, message, remedy) => {
    const refused = refusedGeneration({ name: "acme", generation, state }, recorded);
    expect(refused).toEqual({ message, remedy: expect.stringMatching(remedy) });
  });
});
