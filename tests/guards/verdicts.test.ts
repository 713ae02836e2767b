import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EngineEvent } from "../../packages/embedded-engine/src/interface.ts";
import { changesIn } from "../../src/changes/stack.ts";
import type { GuardedStack } from "../../src/guards/facts.ts";
import { guardPolicy } from "../../src/guards/policy.ts";
import { verdictsOf } from "../../src/guards/verdicts.ts";
import { guardItemText, guardSentence } from "../../src/guards/words.ts";
import type { ConsentModel, OrganizationModel, PlatformConsentModel } from "../../src/model/model.ts";
import { byKind, type Thresholds } from "../../src/shared/thresholds.ts";
import { planned, step, view } from "../changes/events.ts";

const TODAY = "2026-11-22";
const APPROVAL = { reason: "agreed", approvedBy: "eve@shop.example" };

function update(type: string, before: object, after: object): EngineEvent {
  const of = (inputs: object) => view(`tenantry:${type}`, "acme", { inputs: { ...inputs } });
  return planned(step("update", of(before), of(after)));
}

interface Given {
  readonly organization: string | null;
  readonly events: readonly EngineEvent[];
  readonly members?: readonly string[];
  readonly consents?: readonly ConsentModel[];
  readonly platformConsents?: readonly PlatformConsentModel[];
  readonly thresholds?: Thresholds;
  readonly subscription?: string;
}

function stackOf(given: Given): GuardedStack {
  const { organization, events, members = [], consents = [], subscription } = given;
  const policy = guardPolicy(undefined, TODAY);
  return {
    platform: "shop",
    organization,
    changes: changesIn(`shop.${organization ?? "platform"}`, events),
    model:
      organization === null
        ? null
        : ({
            ...{ name: organization, state: "active", workspaces: {}, consents, plan: { name: "free" } },
            members: Object.fromEntries(members.map((email) => [email, {}])),
          } as unknown as OrganizationModel),
    policy: {
      ...policy,
      thresholds: given.thresholds ?? policy.thresholds,
      consents: given.platformConsents ?? [],
    },
    subscription,
  };
}

const removing = (members: readonly string[], expires: string): ConsentModel => ({
  ...{ ...APPROVAL, expires, delete: null },
  remove: { ...byKind(() => []), members, owner: null, subscription: null },
});

const policy = (using: string) => ({ policies: { all: { for: "select", to: ["authenticated"], using } } });
const table = (name: string, value: object) => ({ tables: { [name]: value } });
const weaken = (names: readonly string[], expires = TODAY): PlatformConsentModel => ({
  ...{ ...APPROVAL, expires, weaken: names, webhook: null },
});

describe("row security", () => {
  const opened = update(
    "postgres:RowSecurity",
    table("public.chats", { policies: {} }),
    table("public.chats", policy("true")),
  );
  const fleet = (...platformConsents: PlatformConsentModel[]) =>
    ["acme", "globex"].map((organization) => stackOf({ organization, events: [opened], platformConsents }));

  test.each([
    ["without a consent", [], "refused"],
    ["with a consent", [weaken(["workspace/public.chats"])], "consented"],
    ["with a consent that has expired", [weaken(["workspace/public.chats"], "2026-11-21")], "refused"],
    [
      "with a consent to the same table of the control plane",
      [weaken(["control-plane/public.chats"])],
      "refused",
    ],
  ])("that opens a table in every workspace is one decision: %s", (_, given, verdict) => {
    const guards = verdictsOf(fleet(...given));
    expect(guards.map((guard) => [guard.verdict, guard.items.map(({ name }) => name)])).toEqual([
      [verdict, ["workspace/public.chats"]],
    ]);
    const refused = verdict === "refused" ? ["shop.acme", "shop.globex"] : [];
    expect(guards[0]?.refuses).toEqual(refused);
  });

  test.each<[string, object, object, readonly string[]]>([
    [
      "a changed condition",
      table("public.files", policy("a")),
      table("public.files", policy("b")),
      ["public.files"],
    ],
    ["a new table", { tables: {} }, table("public.files", policy("true")), ["public.files"]],
    ["a table that is closed", table("public.files", policy("true")), { tables: {} }, []],
    [
      "a policy that is removed",
      table("public.files", policy("a")),
      table("public.files", { policies: {} }),
      [],
    ],
    [
      "a changed function",
      { functions: { "private.may(uuid, text)": { body: "a" } } },
      { functions: { "private.may(uuid, text)": { body: "b" } } },
      ["private.may(uuid, text)"],
    ],
    ["a database without tables before", {}, table("public.files", policy("true")), ["public.files"]],
  ])("of the control plane: %s", (_, before, after, want) => {
    const events = [update("postgres:RowSecurity", before, after)];
    const guards = verdictsOf([stackOf({ organization: null, events })]);
    expect(guards.flatMap(({ items }) => items.map(({ name }) => name))).toEqual(
      want.map((name) => `control-plane/${name}`),
    );
  });

  test("that a role may bypass", () => {
    const role = (bypassRowSecurity: boolean) => ({ roles: { gateway: { login: true, bypassRowSecurity } } });
    const names = (before: object, after: object) =>
      verdictsOf([
        stackOf({ organization: "acme", events: [update("postgres:Access", before, after)] }),
      ]).flatMap(({ items }) => items.map(({ name }) => name));
    expect(names(role(false), role(true))).toEqual(["workspace/gateway"]);
    expect(names({ roles: {} }, role(true))).toEqual(["workspace/gateway"]);
    expect(names(role(true), role(false))).toEqual([]);
  });

  test("names what to add to the platform's manifest", () => {
    expect(verdictsOf(fleet())[0]?.remedies).toEqual([
      {
        file: "platform.yaml",
        yaml: "- weaken:\n    - workspace/public.chats\n  reason: …\n  approvedBy: …\n  expires: 2026-12-22\n",
      },
    ]);
  });
});

describe("a paid subscription that ends", () => {
  const freed = update(
    "stripe:Subscription",
    { price: "shop--team--monthly--usd-4900" },
    { price: "shop--free--monthly--usd-0" },
  );
  test.each([
    ["active", ["team"]],
    ["past_due", ["team"]],
    ["trialing", ["team"]],
    [undefined, ["team"]],
    ["canceled", []],
    ["incomplete", []],
    ["none", []],
  ])("counts if its recorded status is %s: %j", (subscription, want) => {
    const stack = stackOf({
      organization: "acme",
      events: [freed],
      ...(subscription === undefined ? {} : { subscription }),
    });
    expect(verdictsOf([stack]).flatMap(({ items }) => items.map(({ name }) => name))).toEqual(want);
  });
});

test("a decision names each thing with its consent, and the entry for what has none", () => {
  const before = { members: { "a@x.example": {}, "b@x.example": {}, "c@x.example": {}, "d@x.example": {} } };
  const [guard] = verdictsOf([
    stackOf({
      organization: "acme",
      events: [update("control-plane:Organization", before, { members: {} })],
      consents: [removing(["a@x.example"], "2026-11-30"), removing(["b@x.example"], "2026-11-01")],
    }),
  ]);
  if (guard === undefined) throw new Error("no decision");
  expect([guardSentence(guard), ...guard.items.map((item) => guardItemText(item, guard))]).toEqual([
    "removes 4 of 4 people; at most 3 need no consent",
    "a@x.example: approved by eve@shop.example until 2026-11-30 (agreed)",
    "b@x.example: the consent of eve@shop.example expired on 2026-11-01",
    "c@x.example: no consent",
    "d@x.example: no consent",
  ]);
  expect(guard.remedies).toEqual([
    {
      file: "orgs/acme.yaml",
      yaml: "- remove:\n    members:\n      - b@x.example\n      - c@x.example\n      - d@x.example\n  reason: …\n  approvedBy: …\n  expires: 2026-12-22\n",
    },
  ]);
});

describe("any run", () => {
  const threshold = fc.record({ floor: fc.nat(4), share: fc.nat(100) });
  const organization = fc
    .record({
      before: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }),
      keep: fc.infiniteStream(fc.boolean()),
      consent: fc.infiniteStream(fc.constantFrom("valid", "valid", "expired", "none")),
      added: fc.nat(3),
    })
    .map(({ before, keep, consent, added }) => {
      const members = before.map((each) => `p${each}@x.example`);
      const removed = members.filter(() => !keep.next().value);
      const newcomers = Array.from({ length: added }, (_, index) => `new${index}@x.example`);
      const kinds = removed.map((email) => [email, String(consent.next().value)] as const);
      return { members, removed, newcomers, kinds };
    });

  test("passes removals above a threshold only if a valid consent names each of them", () => {
    fc.assert(
      fc.property(
        fc.array(organization, { minLength: 1, maxLength: 4 }),
        threshold,
        threshold,
        (fleet, one, all) => {
          const thresholds: Thresholds = { perOrganization: byKind(() => one), perRun: byKind(() => all) };
          const stacks = fleet.map(({ members, removed, newcomers, kinds }, index) => {
            const after = [...members.filter((email) => !removed.includes(email)), ...newcomers];
            const map = (emails: readonly string[]) =>
              Object.fromEntries(emails.map((email) => [email, { role: "member" }]));
            const named = (which: string) =>
              kinds.filter(([, kind]) => kind === which).map(([email]) => email);
            return stackOf({
              organization: `o${index}`,
              events: [
                update("control-plane:Organization", { members: map(members) }, { members: map(after) }),
              ],
              members: after,
              consents: [removing(named("valid"), TODAY), removing(named("expired"), "2026-11-21")],
              thresholds,
            });
          });
          const refused = new Set(verdictsOf(stacks).flatMap(({ refuses }) => refuses));

          const exceeds = (number: number, total: number, { floor, share }: typeof one) =>
            number > floor && number * 100 > total * share;
          const sum = (count: (each: (typeof fleet)[number]) => number) =>
            fleet.reduce((total, each) => total + count(each), 0);
          const losing = fleet.filter(({ removed }) => removed.length > 0).length;
          const runExceeds =
            losing > 1 &&
            exceeds(
              sum(({ removed }) => removed.length),
              sum(({ members }) => members.length),
              all,
            );
          for (const [index, { members, removed, kinds }] of fleet.entries()) {
            const needs = exceeds(removed.length, members.length, one) || runExceeds;
            const isNamed = kinds.every(([, kind]) => kind === "valid");
            expect(refused.has(`shop.o${index}`)).toBe(needs && !isNamed);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
