import fc from "fast-check";
import type { ChangePlan, PlanEvent, StackPlan } from "../../../src/plan/plan.ts";

/** Texts that a form could mistake for its own syntax. */
const NASTY = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "</details></summary></li>",
  "<!-- tenantry:plan other -->",
  "-->",
  "a|b|c",
  "`code` ``` ````",
  "**bold** _it_ ~~no~~",
  "[link](https://evil.example)",
  "![image](https://evil.example/x.png)",
  "https://evil.example www.evil.example",
  "mail ada@evil.example",
  "@maintainers please approve",
  "fixes #123 GH-123 owner/repo#7",
  "deadbeef1234567890abcdef1234567890abcdef",
  ":tada: :+1:",
  "\u202egnp.exe",
  "\u200b\ufeff\u2066x\u2069",
  "line\r\nbreak\n# heading\n- item\n1. one\n> quote\n    code\n---",
  "\x1b[2J\x1b]0;title\x07",
  "&lt;b&gt; &amp; &#64;",
  "\\",
  "\\`*_{}[]()#+-.!|",
  "\t  padded  \t",
  '\' " onclick="x"',
  "[ ] task",
  "[^1]: note [^1]",
  "שלום עולם",
];

/** A text as somebody may type it: never empty to the eye. */
export const hostile = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "grapheme" }), fc.string()), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join(" "))
  .filter((text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(text));

/** A plan in which somebody typed every text that people can type. */
export function planWith(text: string): ChangePlan {
  const event = (parts: Partial<PlanEvent>): PlanEvent => ({
    ...{ subject: "people", action: "removed", danger: null, items: [], workspaces: [], details: [] },
    ...{ status: "planned", resources: [], text },
    ...parts,
  });
  const stack: StackPlan = {
    stack: "tiny.acme",
    outcome: "changes",
    events: [
      event({ danger: "data", subject: "apps", workspaces: [text] }),
      event({
        items: [
          { name: text, note: text, workspaces: [text] },
          { name: text, note: "", workspaces: [] },
        ],
      }),
      event({
        details: [
          { path: text, segments: [text], kind: "update", replaces: false, before: text, after: `${text}!` },
        ],
      }),
    ],
    other: [
      { resource: "customer", name: text, action: "update", changes: [], status: "planned", urn: "urn" },
    ],
    workspaces: [{ name: text, events: [event({ danger: "access" })], other: [] }],
    ...{ outputs: [], counts: { people: { removed: 3 } }, done: {}, removals: [], problems: [] },
    revenue: { currency: "usd", before: 4900, after: 9900, delta: 5000 },
    infrastructure: { currency: "usd", before: 1000, after: 2500, delta: 1500 },
    notPriced: [text],
    due: { amount: null, currency: null, reason: text },
  };
  return {
    version: 1,
    applied: false,
    platforms: [
      {
        name: "tiny",
        own: null,
        organizations: [{ ...stack, name: text, stack: `tiny.${text}` }],
        unchanged: 1,
      },
    ],
    ...{ counts: { people: { removed: 3 } }, done: {}, dangers: { data: 1, access: 1, money: 0 } },
    revenue: [{ currency: "usd", before: 4900, after: 9900, delta: 5000 }],
    infrastructure: [{ currency: "usd", before: 1000, after: 2500, delta: 1500 }],
    due: [{ amount: 3150, currency: "usd" }],
    notPriced: [{ what: text, number: 2 }],
    unpriced: 0,
    guards: [
      {
        ...{
          verdict: "refused",
          kind: "members",
          platform: "tiny",
          organization: text,
          text,
          total: 6,
          most: 3,
        },
        items: [
          { name: text, organization: text, consent: null },
          {
            name: text,
            organization: text,
            consent: { reason: text, approvedBy: text, expires: "2026-11-01", isValid: false },
          },
        ],
        ...{ stacks: ["tiny.acme"], refuses: ["tiny.acme"] },
        remedies: [{ file: `orgs/${text}.yaml`, yaml: `- remove:\n    members:\n      - ${text}\n` }],
      },
    ],
  };
}
