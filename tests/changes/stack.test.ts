import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "../../src/changes/properties.ts";
import { changesIn, hasChanges, isAllowed } from "../../src/changes/stack.ts";
import { begun, ended, failed, planned, SECRET_MARK, said, step, UNKNOWN_MARK, view } from "./events.ts";

const PROJECT = "tenantry:supabase:Project";
const ORGANIZATION = "tenantry:control-plane:Organization";

describe("the changes of a preview", () => {
  test("have a step for each resource, counted by action", () => {
    const project = view(PROJECT, "production", { inputs: { region: "us-east-1" } });
    const kept = view(ORGANIZATION, "acme", { id: "1" });
    const changes = changesIn("agntdata.acme", [
      planned(step("create", null, project)),
      planned(step("same", kept, kept)),
    ]);
    expect(changes.summary).toEqual({ create: 1, same: 1 });
    expect(changes.steps[0]).toMatchObject({
      action: "create",
      name: "production",
      type: PROJECT,
      status: "planned",
      changes: [{ path: "region", kind: "add", after: "us-east-1" }],
    });
    expect(hasChanges(changes)).toBe(true);
  });

  test("omit the engine's own resources, the stack and default providers", () => {
    const stack = view("pulumi:pulumi:Stack", "tenants-agntdata.acme");
    const provider = view("pulumi:providers:tenantry", "default_0_1_0");
    const changes = changesIn("agntdata.acme", [
      planned(step("create", null, stack)),
      planned(step("create", null, provider)),
    ]);
    expect(changes.steps).toEqual([]);
    expect(hasChanges(changes)).toBe(false);
  });

  test("don't count unchanged resources", () => {
    const kept = view(ORGANIZATION, "acme", { id: "1" });
    expect(hasChanges(changesIn("agntdata.acme", [planned(step("same", kept, kept))]))).toBe(false);
  });

  test("show a member as one change, by the provider's detailed diff", () => {
    const before = view(ORGANIZATION, "acme", {
      inputs: { members: { "ada@acme.example": { role: "owner" }, "alan@acme.example": { role: "member" } } },
    });
    const after = view(ORGANIZATION, "acme", {
      inputs: { members: { "ada@acme.example": { role: "owner" }, "alan@acme.example": { role: "admin" } } },
    });
    const changes = changesIn("agntdata.acme", [
      planned(
        step("update", before, after, {
          detailedDiff: { 'members["alan@acme.example"].role': { diffKind: "update", inputDiff: true } },
        }),
      ),
    ]);
    expect(changes.steps[0]?.changes).toEqual([
      {
        path: 'members["alan@acme.example"].role',
        segments: ["members", "alan@acme.example", "role"],
        kind: "update",
        replaces: false,
        before: "member",
        after: "admin",
      },
    ]);
  });

  test("show the same change without a detailed diff", () => {
    const before = view(ORGANIZATION, "acme", {
      inputs: { members: { "alan@acme.example": { role: "member" } } },
    });
    const after = view(ORGANIZATION, "acme", {
      inputs: { members: { "alan@acme.example": { role: "admin" } } },
    });
    const [only] = changesIn("agntdata.acme", [planned(step("update", before, after))]).steps;
    expect(only?.changes.map((change) => change.path)).toEqual(['members["alan@acme.example"].role']);
  });

  test("merge the three steps of a replacement, and show the property that requires it", () => {
    const before = view(PROJECT, "production", { id: "ref1", inputs: { region: "us-east-1" } });
    const after = view(PROJECT, "production", { inputs: { region: "eu-central-1" } });
    const why = {
      keys: ["region"],
      detailedDiff: { region: { diffKind: "update-replace", inputDiff: true } },
    };
    const changes = changesIn("agntdata.acme", [
      planned(step("create-replacement", before, after, why)),
      planned(step("replace", before, after, { ...why, logical: true })),
      planned(step("delete-replaced", before, null)),
    ]);
    expect(changes.summary).toEqual({ replace: 1 });
    expect(changes.steps[0]?.changes).toMatchObject([
      { path: "region", replaces: true, before: "us-east-1", after: "eu-central-1" },
    ]);
  });

  test("show unknown values and secrets as words", () => {
    const project = view(PROJECT, "production", { inputs: { password: SECRET_MARK, ref: UNKNOWN_MARK } });
    const [only] = changesIn("agntdata.acme", [planned(step("create", null, project))]).steps;
    expect(only?.changes.map((change) => change.after)).toEqual(["[secret]", "[unknown]"]);
  });

  test("show changed outputs, unless the program failed", () => {
    const type = "pulumi:pulumi:Stack";
    const metadata = step(
      "same",
      view(type, "tenants", { outputs: { url: "old" } }),
      view(type, "tenants", { outputs: { url: "new" } }),
    );
    expect(changesIn("agntdata.acme", [ended(metadata)]).outputs).toMatchObject([
      { path: "url", after: "new" },
    ]);
    expect(changesIn("agntdata.acme", [said("error", "no"), ended(metadata)]).outputs).toEqual([]);
  });

  test("don't count outputs that aren't known yet", () => {
    const type = "pulumi:pulumi:Stack";
    const before = view(type, "tenants", { outputs: { plan: "free" } });
    const after = view(type, "tenants", { outputs: { plan: "free", paymentUrl: UNKNOWN_MARK } });
    expect(hasChanges(changesIn("agntdata.acme", [ended(step("same", before, after))]))).toBe(false);
  });

  test("can't be applied after an error of the engine, but after a warning", () => {
    expect(isAllowed(changesIn("agntdata.acme", [said("warning", "careful")]))).toBe(true);
    expect(isAllowed(changesIn("agntdata.acme", [said("error", "no")]))).toBe(false);
  });
});

describe("the changes of a run", () => {
  const project = view(PROJECT, "production");

  test.each([
    ["done", [begun(step("create", null, project)), ended(step("create", null, project))]],
    ["running", [begun(step("create", null, project))]],
    ["failed", [begun(step("create", null, project)), failed(step("create", null, project))]],
  ])("have the status of each step: %s", (status, events) => {
    expect(changesIn("agntdata.acme", events).steps[0]?.status).toBe(status);
  });
});

describe("secrets", () => {
  const secret = fc.constant("[secret]");
  const plain = fc.string({ minLength: 1 }).map((text) => `plain-${text}`);
  const value = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      secret,
      plain,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree"), { maxKeys: 3 }),
    ),
  })).tree;

  test("a value that is secret on one side is shown on neither side", () => {
    fc.assert(
      fc.property(plain, value, (text, other) => {
        const changes = compare([], { key: text }, { key: "[secret]" }).concat(
          compare([], { key: [other, text] }, { key: [other, "[secret]"] }),
        );
        expect(JSON.stringify(changes)).not.toContain(JSON.stringify(text).slice(1, -1));
      }),
    );
  });

  test("comparing anything with itself finds nothing", () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(compare([], each, structuredClone(each))).toEqual([]);
      }),
    );
  });
});
