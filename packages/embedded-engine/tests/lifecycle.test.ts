import { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recorder, TestProject } from "./project.ts";

let project: TestProject;
beforeAll(() => {
  project = new TestProject();
});
afterAll(() => project.remove());

/** Two resources in a component; the second depends on the first. */
function program(value: string): string {
  return `
    const group = new Group("group");
    const first = new Thing("first", ${value}, { parent: group });
    const second = new Thing("second", { value: first.id }, { parent: group });
    group.registerOutputs({ made: 2 });
    exports.id = first.id;
    exports.hidden = pulumi.secret({ deep: ["kept secret"] });`;
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

describe("the lifecycle of a stack", () => {
  test("a first run creates everything, dependencies first", async () => {
    const { events, onEvent } = recorder();
    const run = await project.up(program('{ value: "one" }'), { onEvent });
    expect(run).toMatchObject({ result: "succeeded", changes: { create: 4 }, diagnostics: [] });
    expect(project.calls()).toEqual(["create first", "create second"]);
    expect(events[0]?.preludeEvent).toBeDefined();
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    expect(events.at(-2)?.summaryEvent).toMatchObject({
      result: "succeeded",
      resourceChanges: { create: 4 },
    });
    expect(events.at(-1)?.cancelEvent).toEqual({});
  });

  test("outputs are recorded, with secrets as secrets", async () => {
    const outputs = (await project.outputs()) ?? {};
    expect(outputs.id).toMatch(/^first-/);
    expect(outputs.hidden).toBeInstanceOf(Secret);
    expect((outputs.hidden as Secret).reveal()).toBe('{"deep":["kept secret"]}');
    expect(project.stateText).not.toContain("kept secret");
  });

  test("a second run changes nothing and doesn't call the provider", async () => {
    const before = project.state();
    const run = await project.up();
    expect(run).toMatchObject({ result: "succeeded", changes: { same: 4 } });
    expect(project.calls()).toEqual([]);
    expect(project.state()).toEqual(before);
  });

  test("a change is an update, and dependents are kept", async () => {
    const { events, onEvent } = recorder();
    const run = await project.up(program('{ value: "two" }'), { onEvent });
    expect(run.changes).toEqual({ update: 1, same: 3 });
    expect(project.calls()).toEqual(["update first"]);
    const update = events.find(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "update");
    expect(update?.resourcePreEvent?.metadata).toMatchObject({
      diffs: ["value"],
      old: { inputs: { value: "one" } },
      new: { inputs: { value: "two" } },
    });
  });

  test("a replacement creates the new resource, updates dependents, and deletes the old one last", async () => {
    const oldId = project.resource("first")?.id;
    const run = await project.up(program('{ value: "two", kind: "other" }'));
    expect(run.changes).toEqual({ replace: 1, update: 1, same: 2 });
    expect(project.calls()).toEqual(["create first", "update second", "delete first"]);
    expect(project.resource("first")?.id).not.toBe(oldId);
    expect(project.resource("second")?.inputs?.value).toBe(project.resource("first")?.id);
  });

  test("resources that are no longer declared are deleted, dependents first", async () => {
    const run = await project.up('new Thing("third", {});');
    expect(run.changes).toEqual({ create: 1, delete: 3, same: 1 });
    expect(project.calls()).toEqual(["create third", "delete second", "delete first"]);
    expect((await project.outputs()) ?? {}).toEqual({});
  });

  test("destroy deletes everything and keeps the empty stack", async () => {
    const run = await project.destroy();
    expect(run.changes).toEqual({ delete: 2 });
    expect(project.calls()).toEqual(["delete third"]);
    expect(project.state().resources).toEqual([]);
    expect(await project.outputs()).toEqual({});
  });
});

test("the program's output is reported line by line", async () => {
  const { events, onEvent } = recorder();
  await project.up('console.log("to stdout"); console.error("to stderr"); pulumi.log.warn("take care");', {
    onEvent,
  });
  const lines = events.flatMap(({ diagnosticEvent }) => diagnosticEvent ?? []);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ severity: "info", message: "to stdout" }),
      expect.objectContaining({ severity: "info#err", message: "to stderr" }),
      expect.objectContaining({ severity: "warning", message: "take care" }),
    ]),
  );
});

test.each(["create", "delete"])(
  "no more resources than `parallel` are in progress: %s",
  async (operation) => {
    const names = ["t0", "t1", "t2", "t3", "t4", "t5"];
    const body = `for (const name of ${JSON.stringify(names)}) new Thing(name, {});`;
    if (operation === "delete") await project.up(body);
    project.calls();
    project.fault(Object.fromEntries(names.map((name) => [`${operation} ${name}`, "until-cancelled"])));
    const { signal, abort } = abortable();
    const running =
      operation === "create"
        ? project.up(body, { parallel: 2, signal })
        : project.destroy({ parallel: 2, signal });
    const calls: string[] = [];
    await expect.poll(() => calls.push(...project.calls()), { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
    abort();
    expect((await running).result).toBe("failed");
    expect([...calls, ...project.calls()]).toHaveLength(2);
    project.fault({});
  },
);

test("a program can call a provider's function", async () => {
  await project.up(`exports.answer = pulumi.runtime.invokeOutput("test:index:ask", { question: 1 });`);
  expect(await project.outputs()).toEqual({ answer: { question: 1, answered: true } });
});
