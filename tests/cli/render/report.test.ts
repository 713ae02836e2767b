import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError, VendorError } from "@tenantry/core/errors";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import type { EngineEvent, ResourceView } from "../../../packages/embedded-engine/src/interface.ts";
import type { Outcome } from "../../../src/changes/outcome.ts";
import { changesIn, type StackChanges } from "../../../src/changes/stack.ts";
import { errorDocument, renderError } from "../../../src/cli/errors.ts";
import { colorsFor } from "../../../src/cli/render/colors.ts";
import { renderPreview, renderReport } from "../../../src/cli/render/report.ts";
import type { StackResult } from "../../../src/fleet/run.ts";
import { changePlan } from "../../../src/plan/build.ts";
import { ended, failed, planned, said, step, view } from "../../changes/events.ts";

const plain = pc.createColors(false);

/** The events of a real preview by the embedded engine, with long texts cut. */
function recorded(name: string): EngineEvent[] {
  const text = readFileSync(join(import.meta.dirname, `recorded/${name}.jsonl`), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as EngineEvent);
}

const result = (outcome: Outcome, changes: StackChanges, seconds = 1.5): StackResult => ({
  stack: changes.stack,
  outcome,
  changes,
  seconds,
  skipped: false,
});

const sourceOf = ({ outcome, changes }: StackResult) => ({ outcome, changes, model: null });

/** The preview of some results, whose manifests aren't known. */
const previewOf = (...results: readonly StackResult[]) =>
  renderPreview(changePlan(results.map(sourceOf)), results, plain);

/** Changes of an existing organization: members, the plan, a workspace's size, a removed app. */
function changed(): EngineEvent[] {
  const organization = view("tenantry:index:Organization", "acme");
  const workspace = view("tenantry:index:Workspace", "production", { parent: organization.urn });
  const of = (parent: ResourceView, type: string, name: string, inputs: object) =>
    view(type, name, { parent: parent.urn, inputs: { ...inputs } });
  const update = (before: ResourceView, after: ResourceView) => planned(step("update", before, after));
  const component = { provider: "" };
  const controlPlane = "tenantry:control-plane:Organization";
  const people = {
    members: { "alan@acme.example": { role: "member" }, "bob@acme.example": { role: "admin" } },
    wallets: { data: { autoReload: { below: 500, add: 2000 } } },
    plan: "launch",
  };
  return [
    planned(step("same", organization, organization, component)),
    planned(step("same", workspace, workspace, component)),
    update(
      of(organization, controlPlane, "acme-control-plane", people),
      of(organization, controlPlane, "acme-control-plane", {
        members: { "alan@acme.example": { role: "admin" }, "grace@acme.example": { role: "member" } },
        wallets: { data: { autoReload: { below: 800, add: 2000 } } },
        plan: "scale",
      }),
    ),
    update(
      of(workspace, "tenantry:supabase:Project", "production-project", { compute: "micro" }),
      of(workspace, "tenantry:supabase:Project", "production-project", { compute: "small" }),
    ),
    update(
      of(workspace, "tenantry:supabase:Secrets", "production-secrets", { secrets: { KEY: "[secret]" } }),
      of(workspace, "tenantry:supabase:Secrets", "production-secrets", {
        secrets: { KEY: "[secret]", NEW: "[secret]" },
      }),
    ),
    update(
      of(workspace, "tenantry:control-plane:Workspace", "production-control-plane", {
        apps: { store: { url: "s.x" } },
      }),
      of(workspace, "tenantry:control-plane:Workspace", "production-control-plane", { apps: {} }),
    ),
    planned(
      step(
        "replace",
        of(organization, "tenantry:stripe:Price", "acme-price", { amount: 1 }),
        of(organization, "tenantry:stripe:Price", "acme-price", { amount: 2 }),
        { detailedDiff: { amount: { diffKind: "update-replace", inputDiff: true } } },
      ),
    ),
  ];
}

describe("a preview", () => {
  test("of a new organization lists everything that it gets", () => {
    const changes = changesIn("demo.acme", recorded("new-organization"));
    expect(previewOf(result("changes", changes))).toMatchSnapshot();
  });

  test("of a change shows a line for each changed member, limit and size", () => {
    const changes = changesIn("agntdata.acme", changed());
    expect(previewOf(result("changes", changes))).toMatchSnapshot();
  });

  test("shows deleted resources under a component that the program no longer declares", () => {
    const organization = view("tenantry:index:Organization", "acme");
    const workspace =
      "urn:pulumi:agntdata.acme::tenants::tenantry:index:Organization$tenantry:index:Workspace::staging";
    const project = view("tenantry:supabase:Project", "staging-project", {
      parent: workspace,
      protect: true,
    });
    const changes = changesIn("agntdata.acme", [
      planned(step("same", organization, organization, { provider: "" })),
      planned(step("delete", project, null)),
    ]);
    expect(previewOf(result("changes", changes))).toMatchInlineSnapshot(`
      "agntdata.acme  1 database to delete, 1 workspace to delete
      └─ workspace staging
            ! deletes the workspace and its database (rows not counted, no archive)

      not priced: a removed organization (1), a database of unknown size (1)

      1 stack: 1 with changes (1 database to delete, 1 workspace to delete; 1 danger: data loss)"
    `);
  });

  test.each([
    ["an upgrade", "tiny--free--monthly--usd-0", "free, 0 usd → team, 49 usd a month, immediately"],
    [
      "a downgrade",
      "tiny--scale--monthly--usd-49950",
      "scale, 499.50 usd → team, 49 usd a month, when the paid period ends",
    ],
    [
      "a different price of the same plan",
      "tiny--team--monthly--usd-3900",
      "team, 39 usd → team, 49 usd a month, from the next billing period",
    ],
    [
      "a cheaper version of the plan",
      "tiny--team@2--monthly--usd-5900",
      "team@2, 59 usd → team, 49 usd a month, when the paid period ends",
    ],
    ["a foreign price", "price_1Nx", "price_1Nx → tiny--team--monthly--usd-4900"],
  ])("of %s shows when it takes effect", (_, before, said) => {
    const subscription = (price: string) =>
      view("tenantry:stripe:Subscription", "acme-subscription", { inputs: { price } });
    const changes = changesIn("tiny.acme", [
      planned(step("update", subscription(before), subscription("tiny--team--monthly--usd-4900"))),
    ]);
    expect(previewOf(result("changes", changes))).toContain(`: ${said}\n`);
  });

  test("tells a change of the plan and of its limits once", () => {
    const row = (plan: string, planInForce: string, limits: unknown) =>
      view("tenantry:control-plane:Organization", "acme", { inputs: { plan, planInForce, limits } });
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const changes = changesIn("tiny.acme", [
      planned(step("update", row("free", "free", { seats: 1 }), row("team", unknown, unknown))),
    ]);
    const text = previewOf(result("changes", changes));
    expect(text).toContain("changes the plan: free → team");
  });

  test("shows many small PostgreSQL resources in one line", () => {
    const grants = ["anon", "authenticated", "service_role"].map((role) =>
      planned(step("create", null, view("postgresql:index/grant:Grant", `public-${role}`))),
    );
    const text = previewOf(result("changes", changesIn("agntdata.platform", grants)));
    expect(text).toMatch(
      /adds 3 grants in the control plane's database\n.*public-anon\n.*public-authenticated\n.*public-service_role\n/,
    );
  });

  test("shows the differing lines of a text of several lines", () => {
    const policy = (sql: string) =>
      view("tenantry:postgres:RowSecurity", "x", { inputs: { definition: sql } });
    const changes = changesIn("agntdata.acme", [
      planned(step("update", policy("select 1\nfrom a\nwhere b"), policy("select 1\nfrom c\nwhere b"))),
    ]);
    const text = previewOf(result("changes", changes));
    expect(text).toMatch(/- from a\n.*\+ from c\n/);
    expect(text).not.toContain("where b");
  });

  test("without changes is one line", () => {
    expect(previewOf(result("unchanged", changesIn("demo.acme", [])))).toBe("1 stack: 1 unchanged");
  });

  test("names what was removed from the YAML, and the state to set", () => {
    const removal = {
      kind: "workspace" as const,
      stack: "demo.acme",
      organization: "acme",
      workspace: "staging",
      projects: ["p"],
      message: "staging is gone from the YAML",
      remedy: "Set `state: archived`.",
    };
    const text = previewOf(result("refused", changesIn("demo.acme", [], [removal])));
    expect(text).toBe(
      "demo.acme\n  refused: staging is gone from the YAML\n    Set `state: archived`.\n\n1 stack: 1 refused",
    );
  });

  test("contains no secret in plain text", () => {
    const text = JSON.stringify(changesIn("demo.acme", recorded("new-organization")));
    expect(text).toContain("[secret]");
    expect(text).not.toContain("local value of");
  });
});

test("a report shows the result of each stack, the failures and their reasons, and a summary", () => {
  const customer = view("tenantry:stripe:Customer", "acme", { id: "cus_1" });
  const done = changesIn("demo.acme", [ended(step("create", null, customer))]);
  const broken = changesIn("demo.beta", [
    ended(step("create", null, view("tenantry:stripe:Customer", "beta"))),
    failed(step("create", null, view("tenantry:supabase:Project", "production"))),
    said("error", "Supabase: POST /v1/projects failed\n  Ask for more projects."),
  ]);
  const results = [
    result("done", done),
    result("failed", broken),
    result("unchanged", changesIn("demo.gamma", [])),
  ];
  const text = renderReport(changePlan(results.map(sourceOf)), results, plain);
  expect(text).toMatchInlineSnapshot(`
    "done        demo.acme  1 change  1.5 s
    failed      demo.beta  1.5 s
    unchanged   demo.gamma  1.5 s

    demo.beta
      error: Supabase: POST /v1/projects failed
          Ask for more projects.

    3 stacks: 1 done, 1 unchanged, 1 failed (1 change)"
  `);
});

describe("colors", () => {
  test.each([
    ["a terminal", { isTTY: true }, {}, true],
    ["a pipe", { isTTY: false }, {}, false],
    ["a terminal with NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, false],
    ["a terminal with an empty NO_COLOR", { isTTY: true }, { NO_COLOR: "" }, true],
    ["a pipe with FORCE_COLOR", { isTTY: false }, { FORCE_COLOR: "1" }, true],
    ["NO_COLOR against FORCE_COLOR", { isTTY: true }, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }, false],
  ])("%s", (_what, stream, env, expected) => {
    expect(colorsFor(stream, env).red("x") !== "x").toBe(expected);
  });
});

describe("errors", () => {
  test("a user's mistake shows its place and the fix, without a stack trace", () => {
    const place = { file: "orgs/acme.yaml", line: 3, column: 7 };
    const error = new UserError("unknown plan", { remedy: "Use launch.", place });
    expect(renderError(error, plain)).toBe("error: orgs/acme.yaml:3:7: unknown plan\n  Use launch.");
    expect(errorDocument(error)).toEqual({
      kind: "user",
      message: "unknown plan",
      remedy: "Use launch.",
      place,
    });
  });

  test("a vendor's failure shows operation, status, request id and remedy, once", () => {
    const error = new VendorError({
      vendor: "Stripe",
      operation: "customers.create",
      message: "no such key",
      status: 401,
      requestId: "req_1",
      remedy: "Check STRIPE_API_KEY.",
    });
    const text = renderError(error, plain);
    expect(text).toContain("customers.create failed (status 401, request req_1): no such key");
    expect(text.match(/Check STRIPE_API_KEY/g)).toHaveLength(1);
  });

  test("a bug in tenantry is reported as one, with its stack trace", () => {
    const text = renderError(new TypeError("x is undefined"), plain);
    expect(text).toContain("bug in tenantry");
    expect(text).toContain("report.test.ts");
  });
});
