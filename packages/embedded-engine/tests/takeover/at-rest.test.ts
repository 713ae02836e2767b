import type { Secret } from "@tenantry/core/secret";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, RunOptions, RunResult } from "../../src/interface.ts";
import { TestProject } from "../project.ts";
import { ABSENT, cli, WAYS } from "./engines.ts";
import { EVERYTHING, EVERYTHING_COUNT } from "./programs.ts";
import { configure } from "./settings.ts";

test.skipIf(cli !== undefined)(ABSENT, ({ skip }) => skip(ABSENT));

describe.each(WAYS)("an idle state, %s", (_, from, to) => {
  let project: TestProject;
  const run = (engine: Engine, verb: "preview" | "up", options?: RunOptions): Promise<RunResult> =>
    engine[verb](project.spec(), options);

  beforeAll(async () => {
    project = new TestProject("");
    await configure(project, { token: "a configured token" });
    project.write(EVERYTHING);
    expect((await run(from, "up")).result).toBe("succeeded");
    project.calls();
  });
  afterAll(() => project.remove());

  test("shows no change, and an update makes none", async () => {
    expect(await run(to, "preview")).toMatchObject({ changes: { same: EVERYTHING_COUNT }, diagnostics: [] });
    expect(await run(to, "up")).toMatchObject({ changes: { same: EVERYTHING_COUNT }, diagnostics: [] });
    expect(project.calls()).toEqual([]);
  });

  test("returns its outputs and decrypts its secrets", async () => {
    const outputs = (await to.outputs(project.spec())) ?? {};
    expect(outputs.id).toBe("second-1");
    expect((outputs.hidden as Secret).reveal()).toBe('{"deep":["a hidden output"]}');
    expect(project.stateText).not.toMatch(/hidden output|configured token|provider's key/);
    expect(await to.resources(project.spec())).toEqual(await from.resources(project.spec()));
  });

  test("can be refreshed, and shows no change in the original engine", async () => {
    expect(await to.refresh(project.spec())).toMatchObject({ result: "succeeded", diagnostics: [] });
    expect((await run(from, "preview")).changes).toEqual({ same: EVERYTHING_COUNT });
  });

  test("can be updated by both engines", async () => {
    project.write(EVERYTHING.replace('"one"', '"two"'));
    expect((await run(to, "up")).changes).toEqual({ update: 1, same: EVERYTHING_COUNT - 1 });
    expect((await run(from, "preview")).changes).toEqual({ same: EVERYTHING_COUNT });
  });

  test("can be destroyed by the new engine", async () => {
    expect((await to.destroy(project.spec(), { ignoreProtect: true })).result).toBe("succeeded");
    expect(await from.resources(project.spec())).toEqual([]);
  });
});
