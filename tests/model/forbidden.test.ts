import fc from "fast-check";
import { expect, test } from "vitest";
import { isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument, stringify } from "yaml";
import type { OrganizationManifest } from "../../src/manifest/organization.ts";
import type { PlatformManifest } from "../../src/manifest/platform.ts";
import { loadPlatform } from "../../src/repository/load.ts";
import { folderOf, HEAD, PLATFORM } from "../manifest/folder.ts";
import { organizations } from "./arbitrary.ts";
import { type Fleet, FORBIDDEN_EDITS } from "./forbidden-edits.ts";

const TODAY = "2026-11-22";

/** Valid fleets of two organizations: a random acme with a workspace to edit, and a neighbour. */
const fleets: fc.Arbitrary<Fleet> = organizations.map((acme) => {
  const target = { connections: { origin: { kind: "postgres", secret: "acme-secret" } } };
  const aarons = { connections: { origin: { kind: "postgres", secret: "aaron-secret" } } };
  return {
    platform: parse(PLATFORM) as PlatformManifest,
    acme: {
      ...acme,
      members: acme.members ?? [],
      workspaces: { ...(acme.workspaces ?? { personal: {} }), target },
    },
    aaron: {
      ...(parse(HEAD) as OrganizationManifest),
      name: "aaron",
      plan: "big",
      workspaces: { aarons },
    },
  };
});

test("a valid fleet has no errors", async () => {
  await fc.assert(
    fc.asyncProperty(fleets, async (fleet) => {
      expect(await errorsIn(filesOf(fleet))).toEqual([]);
    }),
    { numRuns: 20 },
  );
});

test.each(FORBIDDEN_EDITS)("refused by its rule at its place: $name", async ({ spoil }) => {
  await fc.assert(
    fc.asyncProperty(fleets, async (drawn) => {
      const fleet = structuredClone(drawn);
      const { rule, path, part = "value", file = "orgs/acme.yaml" } = spoil(fleet);
      const files = filesOf(fleet);
      const errors = await errorsIn(files);
      // A value that both declare is an error in both files.
      const mine = rule.startsWith("unique-")
        ? errors.filter((each) => !each.includes("aaron.yaml"))
        : errors;
      expect(mine).toEqual([`${rule} ${file}:${placeOf(files[file], path, part)}`]);
    }),
    { numRuns: 8 },
  );
});

function filesOf({ platform, acme, aaron }: Fleet) {
  return {
    "platform.yaml": stringify(platform),
    "orgs/acme.yaml": stringify(acme),
    "orgs/aaron.yaml": stringify(aaron),
  };
}

/** `rule file:line:column` of each error. */
async function errorsIn(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = folderOf(files);
  const { diagnostics } = await loadPlatform(folder, TODAY);
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ rule, place }) => `${rule} ${place.file.slice(folder.length + 1)}:${place.line}:${place.column}`);
}

/** The line and column of a path, according to the parser. */
function placeOf(text: string, path: readonly (string | number)[], part: "key" | "value"): string {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  let node: unknown = document.contents;
  let key: unknown;
  for (const segment of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === segment)
      : undefined;
    key = pair?.key;
    node = pair ? pair.value : isSeq(node) ? node.items[Number(segment)] : undefined;
  }
  const found = (part === "key" ? key : node) as Node;
  const { line, col } = lines.linePos(found.range?.[0] ?? -1);
  return `${line}:${col}`;
}
