import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Secret } from "@tenantry/core/secret";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/interface.ts";
import { startKilled } from "../kill.ts";
import { TestProject } from "../project.ts";
import { cli } from "./engines.ts";
import { keepFixture, openFixture } from "./fixtures.ts";
import { EVERYTHING, EVERYTHING_COUNT, PAIR } from "./programs.ts";
import { configure } from "./settings.ts";

/** Makes the lock that of another machine, whose processes can't be checked. */
function makeForeign(project: TestProject): void {
  const [name = ""] = readdirSync(locksOf(project));
  const file = join(locksOf(project), name);
  writeFileSync(
    file,
    JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), username: "x", hostname: "y" }),
  );
}

function locksOf(project: TestProject): string {
  return join(project.backend, ".pulumi/locks/organization/trial/dev");
}

/** The fixtures are states of Pulumi CLI 3.260. `TENANTRY_KEEP=1` rewrites them with the installed CLI. */
const keeping = process.env.TENANTRY_KEEP === "1";

describe.runIf(keeping && cli !== undefined)("saved states", () => {
  const write = async (name: string, make: (project: TestProject, engine: Engine) => Promise<unknown>) => {
    if (cli === undefined) return;
    const project = new TestProject("", cli);
    try {
      await make(project, cli);
      keepFixture(name, project);
    } finally {
      project.remove();
    }
  };

  test("at rest", async () => {
    await write("at-rest", async (project) => {
      await configure(project, { token: "a configured token" });
      await project.up(EVERYTHING);
    });
  });

  test("killed during a creation", async () => {
    await write("killed", async (project, engine) => {
      project.write(PAIR);
      project.fault({ "create b": "kill" });
      await startKilled(engine, project);
      makeForeign(project);
    });
  });
});

test("an idle state of the CLI shows no change, decrypts its secrets and can be updated", async () => {
  const project = openFixture("at-rest");
  try {
    project.write(EVERYTHING);
    expect(await project.preview()).toMatchObject({ changes: { same: EVERYTHING_COUNT }, diagnostics: [] });
    expect(await project.up()).toMatchObject({ changes: { same: EVERYTHING_COUNT }, diagnostics: [] });
    const outputs = (await project.outputs()) ?? {};
    expect((outputs.hidden as Secret).reveal()).toBe('{"deep":["a hidden output"]}');
    expect(await project.refresh()).toMatchObject({ result: "succeeded", diagnostics: [] });
    expect((await project.up(EVERYTHING.replace('"one"', '"two"'))).changes).toMatchObject({ update: 1 });
    expect((await project.destroy({ ignoreProtect: true })).result).toBe("succeeded");
    expect(project.state().resources).toEqual([]);
  } finally {
    project.remove();
  }
});

test("a killed run of the CLI holds the lock until it is cancelled, and then can be continued", async () => {
  const project = openFixture("killed");
  try {
    project.write(PAIR);
    await expect(project.up()).rejects.toThrow(/locked/);
    expect((await project.preview()).changes).toEqual({ same: 2, create: 1 });
    rmSync(locksOf(project), { recursive: true });
    expect(await project.up()).toMatchObject({
      result: "succeeded",
      changes: { same: 2, create: 1 },
      diagnostics: [{ severity: "warning", message: expect.stringContaining("pending operations") }],
    });
    expect(readdirSync(join(project.world, "things")).sort()).toEqual(["a-1.json", "b-1.json"]);
  } finally {
    project.remove();
  }
});
