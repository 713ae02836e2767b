import { describe, expect, test } from "vitest";
import type { EngineEvent, ResourceView } from "../../packages/embedded-engine/src/interface.ts";
import { changesIn } from "../../src/changes/stack.ts";
import { changePlan, type PlanSource } from "../../src/plan/build.ts";
import { foldAlike } from "../../src/plan/fold.ts";
import { sentenceOf, summaryOf } from "../../src/plan/sentence.ts";
import { planned, step, view } from "../changes/events.ts";

const inWorkspace = (name: string) => ({
  parent: `urn:pulumi:agntdata.acme::tenants::tenantry:index:Organization$tenantry:index:Workspace::${name}`,
});

const update = (
  type: string,
  name: string,
  before: object,
  after: object,
  parts: Partial<ResourceView> = {},
) =>
  planned(
    step(
      "update",
      view(`tenantry:${type}`, name, { ...parts, inputs: { ...before } }),
      view(`tenantry:${type}`, name, { ...parts, inputs: { ...after } }),
    ),
  );

const remove = (type: string, name: string, inputs: object, parts: Partial<ResourceView> = {}) =>
  planned(step("delete", view(`tenantry:${type}`, name, { ...parts, inputs: { ...inputs } }), null));

function told(...events: readonly EngineEvent[]) {
  const changes = changesIn("agntdata.acme", events);
  const plan = changePlan([{ outcome: "changes", changes, model: null }]);
  const [organization] = plan.platforms[0]?.organizations ?? [];
  const all = [organization, ...(organization?.workspaces ?? [])].flatMap((each) => each?.events ?? []);
  return {
    sentences: all.map(sentenceOf),
    dangers: all.map(({ danger }) => danger),
    summary: summaryOf(plan.counts, "ahead"),
  };
}

const PEOPLE = Object.fromEntries(
  Array.from({ length: 635 }, (_, index) => [`p${index}@acme.example`, { role: "member" }]),
);
const OWNER = { "ada@acme.example": { role: "owner" } };

test("a deletion of a workspace is a deletion, told once", () => {
  const deleted = { state: "deleted" };
  const spis = inWorkspace("spis-3");
  expect(
    told(
      update("supabase:Project", "a", { state: "active" }, deleted, spis),
      update("postgres:Schema", "b", { state: "active" }, deleted, spis),
      update(
        "control-plane:Workspace",
        "c",
        { state: "active", apps: { x: {} } },
        { ...deleted, apps: {} },
        spis,
      ),
      update("control-plane:ApiKeys", "d", { keys: { ci: {}, backend: {} } }, { keys: {} }, spis),
    ),
  ).toEqual({
    sentences: [
      "deletes the workspace and its database (rows not counted, no archive)",
      "immediately revokes 2 API keys",
    ],
    dangers: ["data", null],
    summary: "1 database to delete, 1 workspace to delete, 2 keys to revoke",
  });
});

test("the removal of a tombstone deletes nothing", () => {
  const parts = inWorkspace("spis-3");
  const state = "deleted";
  expect(
    told(
      remove("supabase:Project", "a", { state }, parts),
      remove("postgres:Schema", "b", { state }, parts),
      remove("control-plane:Workspace", "c", { state }, parts),
      remove("postgres:RowSecurity", "d", { state }, parts),
    ),
  ).toEqual({
    sentences: ["removes the record of the deleted workspace; no data is deleted"],
    dangers: [null],
    summary: "1 change",
  });
});

test("635 people who leave are 635 people, in however many workspaces and tables they are", () => {
  const people = (workspace: string) =>
    (["control-plane:WorkspaceMembers", "postgres:Guard"] as const).map((type) =>
      type === "postgres:Guard"
        ? update(
            type,
            `g-${workspace}`,
            { workspace: { members: PEOPLE } },
            { workspace: { members: {} } },
            inWorkspace(workspace),
          )
        : update(type, `m-${workspace}`, { members: PEOPLE }, { members: {} }, inWorkspace(workspace)),
    );
  const { sentences, summary } = told(
    update("control-plane:Organization", "acme", { members: { ...OWNER, ...PEOPLE } }, { members: OWNER }),
    ...["production", "staging"].flatMap(people),
  );
  expect(sentences).toEqual(["removes 635 people"]);
  expect(summary).toBe("635 people to remove");
});

test.each<[string, object, object, string, string | null]>([
  [
    "a new permissive policy",
    { policies: {} },
    { policies: { all: { for: "select", to: ["anon"], using: "true" } } },
    "weakens row security on files",
    "access",
  ],
  [
    "a new restrictive policy",
    { policies: {} },
    { policies: { own: { as: "restrictive", for: "all", to: ["authenticated"] } } },
    "tightens row security on files",
    null,
  ],
  [
    "a privilege that is taken away",
    { grants: { authenticated: ["select", "insert"] } },
    { grants: { authenticated: ["select"] } },
    "tightens row security on files",
    null,
  ],
  [
    "another condition",
    { policies: { own: { for: "select", to: ["authenticated"], using: "a" } } },
    { policies: { own: { for: "select", to: ["authenticated"], using: "b" } } },
    "changes row security on files",
    "access",
  ],
])("row security says what %s does, once for all workspaces", (_, before, after, sentence, danger) => {
  const change = (workspace: string) =>
    update(
      "postgres:RowSecurity",
      `${workspace}-row-security`,
      { tables: { "public.files": before } },
      { tables: { "public.files": after } },
      inWorkspace(workspace),
    );
  const { sentences, dangers } = told(...["a", "b", "c", "d"].map(change));
  expect(sentences).toEqual([`${sentence} in 4 workspaces`]);
  expect(dangers).toEqual([danger]);
});

test.each<[string, object, object, string]>([
  [
    "new admins",
    {},
    { "ada@acme.example": { role: "admin" }, "bob@acme.example": { role: "admin" } },
    "adds 2 admins",
  ],
  [
    "members who become admins",
    { "ada@acme.example": { role: "member" }, "bob@acme.example": { role: "member" } },
    { "ada@acme.example": { role: "admin" }, "bob@acme.example": { role: "admin" } },
    "makes 2 people admins",
  ],
  [
    "new members",
    {},
    { "ada@acme.example": { role: "member" }, "bob@acme.example": { role: "member" } },
    "adds 2 people",
  ],
])("the sentence about %s names their role if it is a danger", (_, before, after, sentence) => {
  const owner = { "zoe@acme.example": { role: "owner" } };
  const { sentences } = told(
    update(
      "control-plane:Organization",
      "acme",
      { members: { ...owner, ...before } },
      { members: { ...owner, ...after } },
    ),
  );
  expect(sentences).toEqual([sentence]);
});

const webhook = { url: "https://a.example/stripe", events: ["invoice.paid"] };
const wallets = { data: { creditAmount: 2 } };

test.each<[string, EngineEvent, readonly string[]]>([
  [
    "another URL of Stripe's webhook",
    update("stripe:WebhookEndpoint", "w", webhook, { ...webhook, url: "https://b.example/stripe" }),
    ["changes the URL of Stripe's webhook: https://a.example/stripe → https://b.example/stripe"],
  ],
  [
    "other events of Stripe's webhook",
    update("stripe:WebhookEndpoint", "w", webhook, { ...webhook, events: ["invoice.voided"] }),
    ["changes the events of Stripe's webhook: invoice.paid → invoice.voided"],
  ],
  [
    "another price of credits",
    update("control-plane:Catalogue", "c", { wallets }, { wallets: { data: { creditAmount: 3 } } }),
    ["changes the wallet data: credit amount: 2 → 3"],
  ],
  [
    "a wallet that buys credits by itself",
    update(
      "control-plane:Organization",
      "acme",
      { wallets: {} },
      { wallets: { data: { autoReload: { below: 500, add: 2000 } } } },
    ),
    ["adds the wallet data (auto-reload below: 500, add: 2000)"],
  ],
  [
    "a subscription of another customer",
    planned(
      step(
        "replace",
        view("tenantry:stripe:Subscription", "s", { inputs: { customer: "cus_a", price: "launch" } }),
        view("tenantry:stripe:Subscription", "s", { inputs: { customer: "cus_b", price: "scale" } }),
      ),
    ),
    [
      "cancels the subscription and starts another one for a different customer in Stripe",
      "changes the price of the subscription: launch → scale",
    ],
  ],
])("money is in danger: %s", (_, event, sentences) => {
  const plan = told(event);
  expect(plan.sentences).toEqual(sentences);
  expect(plan.dangers).toEqual(sentences.map(() => "money"));
});

test("organizations whose people enter different workspaces don't share one block", () => {
  const organization = (name: string, workspace: string): PlanSource => {
    const events = [
      update(
        "control-plane:WorkspaceMembers",
        "m",
        { members: {} },
        { members: { "ada@acme.example": {} } },
        inWorkspace(workspace),
      ),
    ];
    return { outcome: "changes", changes: changesIn(`agntdata.${name}`, events), model: null };
  };
  const people = (name: string, workspaces: readonly string[]): PlanSource => ({
    outcome: "changes",
    changes: changesIn(`agntdata.${name}`, [
      update(
        "control-plane:Organization",
        name,
        { members: OWNER },
        { members: { ...OWNER, "tim@x.example": { role: "member" } } },
      ),
      ...workspaces.map((workspace) =>
        update(
          "control-plane:WorkspaceMembers",
          `m-${workspace}`,
          { members: {} },
          { members: { "tim@x.example": {} } },
          inWorkspace(workspace),
        ),
      ),
    ]),
    model: null,
  });
  const plan = changePlan([
    people("a", ["production"]),
    people("b", ["production"]),
    people("c", ["staging"]),
    organization("d", "staging"),
  ]);
  const folded = foldAlike(plan.platforms[0]?.organizations ?? []);
  expect(folded.map(({ organizations }) => organizations.map(({ name }) => name))).toEqual([
    ["a", "b"],
    ["c"],
    ["d"],
  ]);
});

describe("organizations that share one block", () => {
  const migrated = (name: string, ...workspaces: readonly string[]): PlanSource => ({
    outcome: "changes",
    changes: changesIn(
      `agntdata.${name}`,
      workspaces.map((workspace) =>
        update(
          "postgres:Schema",
          `schema-${workspace}`,
          { migrations: {} },
          { migrations: { "0005_notes": "a1" } },
          inWorkspace(workspace),
        ),
      ),
    ),
    model: null,
  });

  test.each<[string, readonly PlanSource[], readonly string[]]>([
    ["with other workspaces", [migrated("a", "production"), migrated("b", "staging")], []],
    ["of which one has one workspace more", [migrated("a", "one", "two"), migrated("b", "one")], []],
    [
      "with workspaces of the same names",
      [migrated("a", "production"), migrated("b", "production")],
      ["production"],
    ],
    ["of which there is only one", [migrated("a", "one", "two")], ["one", "two"]],
  ])("name a workspace only if all of them have it: organizations %s", (_, sources, workspaces) => {
    const [folded] = foldAlike(changePlan(sources).platforms[0]?.organizations ?? []);
    expect(folded?.organizations).toHaveLength(sources.length);
    expect(folded?.shared.events.map((event) => event.workspaces)).toEqual([workspaces]);
  });
});

test("a new owner is named", () => {
  const { sentences } = told(
    update(
      "control-plane:Organization",
      "acme",
      { members: { ...OWNER, "tim@acme.example": { role: "admin" } } },
      { members: { "ada@acme.example": { role: "admin" }, "tim@acme.example": { role: "owner" } } },
    ),
  );
  expect(sentences).toEqual([
    "tim@acme.example becomes the owner (was admin)",
    "ada@acme.example becomes admin (was owner)",
  ]);
});
