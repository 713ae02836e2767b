import { printable } from "@tenantry/core/printable";
import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { describe, expect, test } from "vitest";
import { renderMarkdown } from "../../../src/cli/render/markdown.ts";
import type { ChangePlan, OrganizationPlan, PlanEvent } from "../../../src/plan/plan.ts";
import { hostile, planWith } from "./hostile.ts";

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly children?: readonly Node[];
}

/** As GitHub parses a comment. */
function parsed(text: string): Node {
  return fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** The kinds of nodes, without texts and the comments that separate them. */
function structureOf({ type, children = [], url }: Node): unknown {
  const isText = ({ type, value }: Node) => type === "text" || (type === "html" && value === "<!-- -->");
  const inner: unknown[] = [];
  for (const child of children)
    if (!isText(child)) inner.push(structureOf(child));
    else if (inner.at(-1) !== "text") inner.push("text");
  return [type, ...(url === undefined ? [] : [url]), inner];
}

function textsOf(node: Node, type: string): string[] {
  const own = node.type === type && node.value !== undefined ? [node.value] : [];
  return [...own, ...(node.children ?? []).flatMap((child) => textsOf(child, type))];
}

/** What GitHub turns into a link, a notification or a picture in a text that Markdown left alone. */
const FOUND_BY_GITHUB = [
  /(^|[^\w])@[a-z0-9]/i,
  /#\d/,
  /\bGH-\d/i,
  /\b[0-9a-f]{7,40}\b/,
  /:[a-z0-9_+-]+:/,
  /https?:\/\//,
  /www\./,
  /[\w.+-]@[\w-]+\.\w/,
];

test("what people typed is only text in the comment, whatever it contains", () => {
  const plain = structureOf(parsed(renderMarkdown(planWith("x"))));
  fc.assert(
    fc.property(hostile, (text) => {
      const comment = parsed(renderMarkdown(planWith(text)));
      expect(structureOf(comment)).toEqual(plain);
      const said = textsOf(comment, "text");
      expect(said.join("")).toContain(printable(text).replace(/\s+/g, " ").trim());
      for (const each of said) for (const pattern of FOUND_BY_GITHUB) expect(each).not.toMatch(pattern);
    }),
  );
});

describe("a comment of many changes", () => {
  const organization = (index: number, events: readonly PlanEvent[]): OrganizationPlan => {
    const [plan] = planWith("x").platforms[0]?.organizations ?? [];
    if (plan === undefined) throw new Error("the plan has no organization");
    return { ...plan, name: `o${index}`, stack: `tiny.o${index}`, events, workspaces: [], other: [] };
  };
  const leaving = (people: number): PlanEvent => ({
    ...{ subject: "people", action: "removed", danger: null, workspaces: [], details: [], status: "planned" },
    ...{ resources: [], text: `removes ${people} people` },
    items: Array.from({ length: people }, (_, index) => ({
      name: `person-${index}@acme.example`,
      note: "member",
      workspaces: [],
    })),
  });
  const dangerous = (text: string): PlanEvent => ({
    ...{ subject: "databases", action: "removed", danger: "data", items: [], workspaces: [], details: [] },
    ...{ status: "planned", resources: [], text },
  });
  const planOf = (organizations: readonly OrganizationPlan[]): ChangePlan => ({
    ...planWith("x"),
    platforms: [{ name: "tiny", own: null, organizations, unchanged: 0 }],
  });

  test.each<[string, readonly OrganizationPlan[]]>([
    ["a whole organization that leaves", [organization(1, [leaving(1276)])]],
    [
      "many organizations, each with a danger",
      Array.from({ length: 400 }, (_, index) =>
        organization(index, [dangerous("deletes it"), leaving(30 + index)]),
      ),
    ],
    [
      "thousands of different dangers",
      Array.from({ length: 3000 }, (_, index) =>
        organization(index, [dangerous(`deletes the thing ${index}`)]),
      ),
    ],
  ])("is short enough for GitHub and keeps the summary and the dangers: %s", (_, organizations) => {
    const text = renderMarkdown(planOf(organizations));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/^<!-- tenantry:plan tiny -->\n### 3 people to remove\n/);
    if (organizations.length > 1) expect(text).toMatch(/Data loss.*\n\n- ⚠️ deletes/);
  });
});

test("a short comment contains every detail", () => {
  const text = renderMarkdown(planWith("select 1\nfrom a"));
  expect(text).toContain("```diff");
  expect(text).toContain("from a!");
});
