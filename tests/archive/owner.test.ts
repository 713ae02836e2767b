import { describe, expect, test } from "vitest";
import type { ArchiveHead } from "../../src/archive/contents.ts";
import { relationOf, type Target } from "../../src/archive/owner.ts";
import { stableId } from "../../src/shared/ids.ts";

const ACME = stableId("agntdata/acme");
const PRODUCTION = stableId("agntdata/acme/production");
const STAGING = stableId("agntdata/acme/staging");

const TARGET: Target = {
  path: "agntdata.acme/production",
  workspace: PRODUCTION,
  organization: ACME,
  siblings: [PRODUCTION, STAGING],
};

function head(workspace: string, organization?: string): ArchiveHead {
  const base = { workspace, takenAt: "2026-11-22T00:00:00Z", migrations: {} };
  return organization === undefined
    ? { ...base, archive: 1 }
    : { ...base, archive: 2, organization, project: "a--project" };
}

describe("an archive and its target", () => {
  test.each<[string, ArchiveHead, "own" | "sibling"]>([
    ["its own workspace", head(PRODUCTION, ACME), "own"],
    ["its own workspace, before archives named organizations", head(PRODUCTION), "own"],
    ["another workspace of the organization", head(STAGING, ACME), "sibling"],
    ["another workspace, before archives named organizations", head(STAGING), "sibling"],
    ["the next generation of a workspace", head(stableId("agntdata/acme/production", 2), ACME), "sibling"],
    ["a workspace that was removed from the YAML", head(stableId("agntdata/acme/gone"), ACME), "sibling"],
  ])("%s", (_what, archive, relation) => {
    expect(relationOf(archive, TARGET)).toBe(relation);
  });

  test.each<[string, ArchiveHead, RegExp]>([
    [
      "another organization",
      head(stableId("agntdata/globex/production"), stableId("agntdata/globex")),
      /belongs to another organization/,
    ],
    [
      "the organization of the same name on another platform",
      head(stableId("camelai/acme/production"), stableId("camelai/acme")),
      /belongs to another organization/,
    ],
    [
      "an earlier generation of the organization",
      head(stableId("agntdata/acme/production"), stableId("agntdata/acme", 2)),
      /belongs to another organization/,
    ],
    [
      "another organization, before archives named it",
      head(stableId("agntdata/globex/production")),
      /doesn't name its organization/,
    ],
    [
      "a workspace that was removed from the YAML, before archives named organizations",
      head(stableId("agntdata/acme/gone")),
      /doesn't name its organization/,
    ],
  ])("%s is refused", (_what, archive, message) => {
    expect(() => relationOf(archive, TARGET)).toThrow(message);
  });
});
