import { printable } from "@tenantry/core/printable";
import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { describe, expect, test } from "vitest";
import { renderHtml } from "../../../src/cli/render/html.ts";
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
    expect(text).toMatch(/^<!-- tenantry:plan -->\n### 3 people to remove\n/);
    if (organizations.length > 1) expect(text).toMatch(/Data loss.*\n\n- ⚠️ deletes.* — tiny/);
    const files = Array.from({ length: 5000 }, (_, index) => `${"@".repeat(300)}${index}.ts`);
    const notPriced = files.map((_, index) => ({ what: `the plan contract-${index}`, number: 1 }));
    const withCode = renderMarkdown({ ...planOf(organizations), notPriced }, { notEvaluated: files });
    expect(withCode).toMatch(/and 4\\?,988 more/);
    expect(withCode.length).toBeLessThan(65_536);
    expect(withCode).toContain("**Not evaluated:** ");
  });
});

const stackOf = (parts: Partial<OrganizationPlan>): ChangePlan => {
  const plan = planWith("x");
  const [organization] = plan.platforms[0]?.organizations ?? [];
  if (organization === undefined) throw new Error("the plan has no organization");
  const empty = { events: [], other: [], workspaces: [], counts: {}, revenue: null };
  const organizations = [{ ...organization, ...empty, name: "acme", stack: "tiny.acme", ...parts }];
  return {
    ...plan,
    ...{ counts: {}, dangers: { data: 0, access: 0, money: 0 }, revenue: [] },
    platforms: [{ name: "tiny", own: null, organizations, unchanged: 0 }],
  };
};

const output = {
  ...({ path: "apiUrl", segments: ["apiUrl"], kind: "update", replaces: false } as const),
  ...{ before: "https://a.example", after: "https://b.example" },
};

test.each<[string, Partial<OrganizationPlan>, string]>([
  ["a refused stack", { outcome: "refused" }, "1 stack refused"],
  ["a failed stack", { outcome: "failed" }, "1 stack failed"],
  ["a change of outputs only", { outputs: [output] }, "outputs to change"],
  ["no change", {}, "No changes"],
])("the headline of the comment and of the page names %s", (_, parts, headline) => {
  const plan = stackOf(parts);
  expect(renderMarkdown(plan)).toContain(`\n### ${headline}\n`);
  expect(renderHtml(plan)).toContain(`<h1>${headline}</h1>`);
});

describe("after a run", () => {
  const event = (text: string, status: PlanEvent["status"]): PlanEvent => ({
    ...{ subject: "people", action: "removed", danger: null, items: [], workspaces: [], details: [] },
    ...{ resources: [], text, status },
  });
  const plan: ChangePlan = {
    ...stackOf({
      outcome: "failed",
      events: [
        event("removes ada", "done"),
        event("removes bob", "failed"),
        event("removes eve", "planned"),
        event("removes tim", "running"),
      ],
      other: [
        { resource: "portal", name: "p", action: "update", changes: [], status: "planned", urn: "urn" },
      ],
      counts: { people: { removed: 4 }, other: { changed: 1 } },
      done: { people: { removed: 1 } },
      problems: [{ severity: "error", message: "Stripe refused it", urn: undefined }],
    }),
    applied: true,
    ...{ counts: { people: { removed: 4 }, other: { changed: 1 } }, done: { people: { removed: 1 } } },
  };

  test("the comment and the page count what was done, and mark what wasn't", () => {
    const [comment, page] = [renderMarkdown(plan, { command: "up" }), renderHtml(plan)];
    for (const form of [comment, page]) {
      expect(form).toContain("Applied: 1 person removed, 1 stack failed");
      for (const said of [">removes ada", "failed: removes bob", "not done: removes eve"])
        expect(form.replaceAll("- removes", "- >removes").replace(/\\|<!-- -->/g, "")).toContain(said);
      expect(form.replace(/\\|<!-- -->/g, "")).toContain("interrupted: removes tim");
      expect(form.replace(/\\|<!-- -->/g, "")).toMatch(/other change: .*not done: portal p/);
    }
    expect(comment).toContain("**1 stack failed**");
    expect(comment).toContain("Stripe refused it");
  });
});

test.each([
  [{}, "<!-- tenantry:plan -->"],
  [{ commentId: "shard-3" }, "<!-- tenantry:plan shard-3 -->"],
  [{ command: "up" as const }, "<!-- tenantry:up -->"],
  [{ command: "up" as const, commentId: "eu" }, "<!-- tenantry:up eu -->"],
])("the first line of the comment is the marker of %o, whatever the plan contains", (options, marker) => {
  for (const plan of [planWith("<!-- tenantry:plan -->"), stackOf({})])
    expect(renderMarkdown(plan, options).split("\n")[0]).toBe(marker);
});

test("changed outputs are shown where nothing else changes", () => {
  const plan = stackOf({ outputs: [output] });
  expect(renderMarkdown(plan)).toMatch(/- output apiUrl\n[\s\S]*\n! api url: .*b\.example/);
  expect(renderHtml(plan)).toContain("output <bdi>apiUrl</bdi>");
});

describe("a danger to several people", () => {
  const admins = (people: number): PlanEvent => ({
    ...{ subject: "people", action: "added", danger: "access", workspaces: [], details: [] },
    ...{ status: "planned", resources: [], text: `adds ${people} admins` },
    items: Array.from({ length: people }, (_, index) => ({
      name: `admin${index}`,
      note: "admin",
      workspaces: [],
    })),
  });
  const bystanders: PlanEvent = {
    ...{ subject: "people", action: "removed", danger: null, workspaces: [], details: [] },
    ...{ status: "planned", resources: [], text: "removes people" },
    items: Array.from({ length: 12 }, (_, index) => ({
      ...{ name: `${index}${"x".repeat(500)}`, note: "", workspaces: [] },
    })),
  };

  test.each([
    ["full", 65_536],
    ["items", 12_000],
    ["events", 1_000],
    ["summaries", 700],
  ])("names them at every length of the comment: %s", (_, limit) => {
    const text = renderMarkdown(stackOf({ events: [admins(47), bystanders] }), { limit });
    expect(text.length).toBeLessThan(limit);
    expect(text).toMatch(/- ⚠️ adds 47 admins.*admin0 \\\(admin\\\).*and 35 more — tiny/);
  });

  test("names them in the list of dangers of the page", () => {
    const html = renderHtml(stackOf({ events: [admins(2)] }));
    expect(html).toContain("<bdi>adds 2 admins: admin0 (admin), admin1 (admin)</bdi>");
  });
});

test("a comment with many long problems is short enough for GitHub and counts those that it omits", () => {
  const message = "@".repeat(300);
  const problems = Array.from({ length: 60 }, () => ({
    severity: "error" as const,
    message,
    urn: undefined,
  }));
  const text = renderMarkdown(stackOf({ outcome: "failed", problems }));
  expect(text.length).toBeLessThan(65_536);
  expect(text).toMatch(/- … and \d+ more problems/);
});

test("a short comment contains every detail", () => {
  const text = renderMarkdown(planWith("select 1\nfrom a"));
  expect(text).toContain("```diff");
  expect(text).toContain("from a!");
});
