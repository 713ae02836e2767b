import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { upKilled } from "../kill.ts";
import { TestProject } from "../project.ts";
import { ABSENT, cli, WAYS } from "./engines.ts";
import { PAIR } from "./programs.ts";

test.skipIf(cli !== undefined)(ABSENT, ({ skip }) => skip(ABSENT));

describe.each(WAYS)("a killed run, %s", (_, from, to) => {
  let project: TestProject;
  beforeEach(() => {
    project = new TestProject("");
  });
  afterEach(() => project.remove());

  const things = () => readdirSync(join(project.world, "things")).sort();

  test.each([
    ["while it creates", "", PAIR, { "create b": "kill" }, ["a-1.json", "b-1.json"]],
    ["while it updates", PAIR, PAIR.replace("1", "2"), { "update a": "kill" }, ["a-1.json", "b-1.json"]],
    ["after an update", PAIR, PAIR.replace("1", "2"), { "update a": "kill-after" }, ["a-1.json", "b-1.json"]],
    ["while it deletes", PAIR, "", { "delete b": "kill" }, undefined],
    ["after a deletion", PAIR, "", { "delete b": "kill-after" }, undefined],
    [
      "while it replaces",
      PAIR,
      PAIR.replace("value: 1", 'kind: "x"'),
      { "delete a": "kill" },
      ["a-2.json", "b-1.json"],
    ],
  ])("%s is continued by the other engine", async (_when, before, program, fault, left) => {
    if (before !== "") {
      project.write(before);
      await from.up(project.spec());
    }
    project.write(program);
    project.fault(fault);
    await upKilled(from, project);
    project.fault({});

    expect((await to.preview(project.spec())).result).toBe("succeeded");
    expect((await to.up(project.spec())).result).toBe("succeeded");
    expect(things()).toEqual(left ?? []);
    const again = await to.up(project.spec());
    expect(Object.keys(again.changes)).toEqual(["same"]);
    await to.refresh(project.spec(), { clearPendingCreates: true });
    expect((await from.up(project.spec())).diagnostics).toEqual([]);
  });
});

describe.each(WAYS)("a stack that one engine has locked, %s", (_, from, to) => {
  let project: TestProject;
  beforeEach(() => {
    project = new TestProject("");
  });
  afterEach(() => project.remove());

  test("is refused by the other until it is unlocked", async () => {
    project.write('new Thing("slow", {});');
    project.fault({ "create slow": "until-cancelled" });
    const stop = new AbortController();
    let refused: unknown;
    const held = await from.up(project.spec(), {
      signal: stop.signal,
      onEvent: async ({ resourcePreEvent }) => {
        if (!resourcePreEvent?.metadata.urn.endsWith("::slow")) return;
        refused = await to.up(project.spec()).catch((error: unknown) => error);
        stop.abort();
      },
    });
    expect(held.result).toBe("failed");
    expect(refused).toMatchObject({ name: "UserError", message: expect.stringMatching(/locked/) });
    project.fault({});
    expect(await to.up(project.spec())).toMatchObject({ result: "succeeded", changes: { same: 2 } });
  });
});
